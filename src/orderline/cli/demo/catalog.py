"""What the made-up merchant is made of: towns, streets, names, products."""

from typing import Final

# (country, region, postal code, city): towns where customers live, with how many of a hundred do.
TOWNS: Final = (
    ("FR", "", "75011", "Paris", 9), ("FR", "", "69003", "Lyon", 6), ("FR", "", "13006", "Marseille", 4),
    ("FR", "", "31000", "Toulouse", 3), ("FR", "", "59000", "Lille", 3), ("FR", "", "33000", "Bordeaux", 3),
    ("DE", "", "10115", "Berlin", 8), ("DE", "", "20095", "Hamburg", 5), ("DE", "", "80331", "München", 5),
    ("DE", "", "50667", "Köln", 4), ("DE", "", "04109", "Leipzig", 3), ("DE", "", "70173", "Stuttgart", 3),
    ("IT", "MI", "20121", "Milano", 5), ("IT", "RM", "00184", "Roma", 5), ("IT", "TO", "10121", "Torino", 3),
    ("ES", "M", "28013", "Madrid", 5), ("ES", "B", "08002", "Barcelona", 5), ("ES", "V", "46002", "Valencia", 3),
    ("NL", "", "1012 JS", "Amsterdam", 4), ("NL", "", "3511 LX", "Utrecht", 3),
    ("BE", "", "1000", "Bruxelles", 3), ("BE", "", "2000", "Antwerpen", 2),
    ("AT", "", "1010", "Wien", 3), ("PT", "", "1100-148", "Lisboa", 2), ("IE", "", "D02 AF30", "Dublin", 1),
)  # fmt: skip

# code, name, (country, region, postal code, city), zone
WAREHOUSES: Final = (
    ("lyon", "Lyon warehouse", ("FR", "", "69007", "Lyon"), "Europe/Paris"),
    ("leipzig", "Leipzig warehouse", ("DE", "", "04158", "Leipzig"), "Europe/Berlin"),
    ("zaragoza", "Zaragoza warehouse", ("ES", "Z", "50197", "Zaragoza"), "Europe/Madrid"),
)
STORES: Final = (
    ("paris-marais", "Paris Marais", ("FR", "", "75004", "Paris"), "Europe/Paris"),
    ("lyon-bellecour", "Lyon Bellecour", ("FR", "", "69002", "Lyon"), "Europe/Paris"),
    ("lille-centre", "Lille", ("FR", "", "59000", "Lille"), "Europe/Paris"),
    ("berlin-mitte", "Berlin Mitte", ("DE", "", "10117", "Berlin"), "Europe/Berlin"),
    ("hamburg-altstadt", "Hamburg Altstadt", ("DE", "", "20095", "Hamburg"), "Europe/Berlin"),
    ("munich-altstadt", "München Altstadt", ("DE", "", "80331", "München"), "Europe/Berlin"),
    ("milan-brera", "Milano Brera", ("IT", "MI", "20121", "Milano"), "Europe/Rome"),
    ("rome-centro", "Roma Centro", ("IT", "RM", "00186", "Roma"), "Europe/Rome"),
    ("madrid-sol", "Madrid Sol", ("ES", "M", "28013", "Madrid"), "Europe/Madrid"),
    ("barcelona-gotic", "Barcelona Gòtic", ("ES", "B", "08002", "Barcelona"), "Europe/Madrid"),
    ("amsterdam-centrum", "Amsterdam Centrum", ("NL", "", "1012 JS", "Amsterdam"), "Europe/Amsterdam"),
    ("brussels-sablon", "Bruxelles Sablon", ("BE", "", "1000", "Bruxelles"), "Europe/Brussels"),
)  # fmt: skip

STREETS: Final = {
    "FR": ("Rue Victor Hugo", "Rue de la Paix", "Avenue Jean Jaurès", "Rue des Lilas"),
    "DE": ("Lindenstraße", "Hauptstraße", "Goethestraße", "Am Markt"),
    "IT": ("Via Garibaldi", "Via Roma", "Corso Italia", "Via Dante"),
    "ES": ("Calle Mayor", "Calle de Alcalá", "Carrer de Mallorca", "Calle Real"),
    "NL": ("Prinsengracht", "Oudegracht", "Kerkstraat"),
    "BE": ("Rue Haute", "Kerkstraat", "Rue Neuve"),
    "AT": ("Kärntner Straße", "Ringstraße"),
    "PT": ("Rua Augusta", "Rua da Prata"),
    "IE": ("Dame Street", "Abbey Street"),
}
FIRST_NAMES: Final = (
    "Camille", "Louis", "Emma", "Hugo", "Anna", "Jonas", "Lena", "Felix", "Giulia", "Marco", "Sofia", "Luca", "Lucía",
    "Pablo", "Marta", "Daan", "Saar", "Noor", "Inês", "Tiago", "Aoife", "Cian", "Zoé", "Mila", "Oskar", "Nina",
)  # fmt: skip
LAST_NAMES: Final = (
    "Martin", "Bernard", "Dubois", "Moreau", "Müller", "Schmidt", "Weber", "Fischer", "Rossi", "Russo", "Ferrari",
    "García", "López", "Ruiz", "de Vries", "Jansen", "Peeters", "Maes", "Huber", "Silva", "Murphy", "Kowalski",
)  # fmt: skip

# code, name, lowest and highest price in minor units, weight in grams, millimeters as it is packed
PRODUCTS: Final = (
    ("TEE", "T-shirt", 1290, 3490, 180, (300, 250, 20)), ("SHIRT", "Shirt", 2990, 7990, 260, (320, 260, 30)),
    ("JEAN", "Jeans", 3990, 9990, 620, (350, 280, 50)), ("KNIT", "Sweater", 3990, 11990, 450, (350, 300, 70)),
    ("COAT", "Coat", 8990, 24990, 1400, (500, 400, 100)), ("DRESS", "Dress", 3990, 12990, 380, (380, 300, 40)),
    ("SOCK", "Socks", 490, 1290, 60, (200, 100, 30)), ("SHOE", "Sneakers", 4990, 13990, 980, (340, 210, 125)),
    ("BAG", "Tote bag", 1490, 4990, 300, (380, 340, 15)), ("CAP", "Cap", 1290, 2990, 110, (200, 180, 120)),
    ("MUG", "Mug", 790, 1990, 380, (120, 110, 110)), ("LAMP", "Desk lamp", 2990, 8990, 1900, (450, 250, 250)),
    ("TOWEL", "Towel", 990, 3490, 520, (350, 250, 60)), ("SHEET", "Bed linen", 3490, 9990, 1500, (400, 320, 100)),
    ("BOOK", "Notebook", 590, 1890, 240, (215, 155, 20)),
)  # fmt: skip
# code, name, inner millimeters, its own weight and what it holds in grams
BOXES: Final = (
    ("MAILER", "Flat mailer", (390, 350, 60), 60, 3_000), ("BOX-S", "Small box", (360, 260, 160), 140, 8_000),
    ("BOX-M", "Box", (460, 360, 260), 320, 20_000), ("BOX-L", "Large box", (600, 420, 400), 650, 30_000),
)  # fmt: skip
SHADES: Final = ("black", "white", "navy", "olive", "rust", "sand", "plum", "sky", "stone", "coral", "forest", "ink")
SIZES: Final = ("XS", "S", "M", "L", "XL", "XXL")
DIGITAL: Final = (("EGIFT", "Gift card by email", 1000, 10000), ("PATTERN", "Sewing pattern (PDF)", 490, 990))

# Orders in each hour of the day, of a thousand: a quiet night, a lunch bump, the evening peak.
HOURS: Final = (8, 5, 3, 2, 2, 4, 10, 22, 34, 42, 48, 53, 62, 58, 50, 48, 50, 56, 68, 86, 105, 92, 60, 32)
