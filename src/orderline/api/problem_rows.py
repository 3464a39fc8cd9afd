"""How a refusal is told over HTTP, and the rows about money, books and documents; the others are in the table beside."""

from typing import Final, NamedTuple


class Row(NamedTuple):
    """How a code is told. `title` names what is wrong without its facts; `advice` says what to do about it."""

    status: int
    title: str
    advice: str = ""


LOOK: Final = "Read the order to see where it stands"
CODES: Final = "Use a code of the list that this API gives"

MONEY: Final[dict[str, Row]] = {
    # legal entities
    "ENTITY_UNKNOWN": Row(404, "There is no such legal entity"),
    "ENTITY_CHANGES_CURRENCY": Row(409, "The books of the entity are kept in another currency", "Take a new entity"),
    "ACCOUNT_UNKNOWN": Row(404, "There is no such account"),
    "CHART_UNKNOWN": Row(409, "No chart of accounts holds for the entity", "Put a policy of the kind `chart`"),
    "ENDPOINT_NOT_ACCEPTABLE": Row(
        422, "No electronic invoices can be sent there", "Give an EAS scheme and an id, such as 0204:991-12345-67"
    ),
    "NUMBERS_NOT_ACCEPTABLE": Row(422, "The numbers of documents can't be made like this"),
    "RATE_NOT_ACCEPTABLE": Row(422, "The rate can't be used"),
    # documents
    "DOCUMENT_UNKNOWN": Row(404, "There is no such document"),
    "DOCUMENT_ENTITY": Row(409, "The order stands in the books of another entity", "Name the entity told"),
    "DOCUMENT_LACKS": Row(409, "The document lacks what an electronic invoice must say", "Complete the legal entity"),
    "NOTHING_TO_INVOICE": Row(409, "All that was supplied stands on invoices", LOOK),
    "NOTHING_TO_CREDIT": Row(409, "There is no credit without a document, or nothing was invoiced", LOOK),
    # write-offs
    "WRITE_OFF_AMOUNT": Row(409, "So much is not owed, or was not written off", "Read the ledger of the order"),
    "WRITE_OFF_LIMIT": Row(409, "It is more than a small difference", "Write it off as a bad debt"),
    # periods
    "PERIOD_UNKNOWN": Row(404, "There is no such period"),
    "PERIOD_CLOSED": Row(409, "The period is closed"),
    "PERIOD_NOT_OVER": Row(409, "The period may still be posted into", "Close it when it is over"),
    "PERIOD_RATE_MISSING": Row(
        409, "Nobody has said what a currency is worth", "Put its rate, or close the month without revaluing"
    ),
    "PERIOD_UNEVEN": Row(409, "The books are not even", "Run `orderline verify`"),
    # credit accounts
    "SELLER_UNKNOWN": Row(404, "There is no such seller"),
    "SELLER_TERMS": Row(422, "A seller can't have such terms"),
    "SELLER_HELD": Row(409, "Nothing is paid to the seller for now", "Put the seller without `held`"),
    "SELLER_NOT_DUE": Row(409, "The days are not over, are kept in reserve, or were stated", "Read the seller again"),
    "SELLER_STATEMENT_UNKNOWN": Row(404, "There is no such statement"),
    "SELLER_STATEMENT_STATE": Row(409, "The statement is not in a state for that", "Read the statement"),
    "PAYOUT_UNKNOWN": Row(404, "There is no such payout"),
    "PAYOUT_STATE": Row(409, "The payout is not in a state for that"),
    "CREDIT_UNKNOWN": Row(404, "There is no such credit account"),
    "CREDIT_STATE": Row(
        409, "The credit account is not in a state for this", "Read it: a balance that was moved is elsewhere"
    ),
    "CREDIT_MISMATCH": Row(409, "The credit account is of another kind, currency or entity", "Use one that fits"),
    "CREDIT_EXPIRES_TOO_SOON": Row(
        422, "What was paid for would lapse too soon", "Give a later date, or none; what is given may lapse by itself"
    ),
    "CREDIT_NOT_ENOUGH": Row(
        409, "Less than that is on the credit account", "Take what there is, and the rest by a tender"
    ),
    "CREDIT_CODE_NOT_ACCEPTABLE": Row(422, "The code can't be used", "Give 8 to 40 letters and digits, or none"),
    # appeasements
    "BUDGET_UNKNOWN": Row(404, "There is no such budget"),
    "BUDGET_NOT_ACCEPTABLE": Row(422, "A value of the budget can't be taken", "Name a channel or a team"),
    "APPEASEMENT_REASON_UNKNOWN": Row(422, "There is no such reason to give money for", CODES),
    "APPEASEMENT_NOTHING_LEFT": Row(409, "Less than that is left of what was paid for goods that have left", LOOK),
    "MONEY_LIMIT": Row(
        403, "It is more money than may be moved by one's own word at once", "Have somebody do it whose role lets them"
    ),
    "APPEASEMENT_LIMIT": Row(409, "It is more than may be given without being asked for", "Ask an approver"),
    # mappings
    "MAPPING_UNKNOWN": Row(404, "No such word of a partner has come"),
    "MAPPING_TARGET": Row(422, "The word can't mean that", "Name a SKU that there is, or one of those allowed"),
    # disputes
    "DISPUTE_UNKNOWN": Row(404, "The order has no such dispute", LOOK),
    "DISPUTE_STATE": Row(409, "Nobody waits for an answer to the dispute", LOOK),
    # money
    "TENDER_UNKNOWN": Row(422, "The order has no such tender"),
    "PAYMENT_UNDER_WAY": Row(409, "The provider has not answered yet", "Wait for the answer to what was asked before"),
    "PAYMENT_KNOWN": Row(409, "The payment has been recorded before"),
    "PAYMENT_REQUEST_UNKNOWN": Row(409, "No such request was made to the provider"),
    "PAYMENT_AMOUNT_MISMATCH": Row(409, "The provider speaks of another amount"),
    "CURRENCY_UNKNOWN": Row(422, "There is no such currency", "Use an ISO 4217 code, such as EUR"),
    "CURRENCY_MISMATCH": Row(422, "Two currencies meet where there can be one"),
    "AMOUNT_MALFORMED": Row(422, "An amount can't be read"),
    "AMOUNT_NOT_EXPRESSIBLE": Row(
        422, "The provider counts no amounts so small in this currency", "Give a multiple of what it counts"
    ),
    "AMOUNT_TOO_PRECISE": Row(422, "An amount has more decimals than its currency"),
    "WEIGHTS_NOT_USABLE": Row(422, "The shares can't be used"),
    # customer links
    "CUSTOMER_LINK_UNKNOWN": Row(404, "There is no such link, or it is good for nothing any more"),
    "CUSTOMER_LINK_STATE": Row(409, "The link does not allow this as it stands"),
    "CUSTOMER_LINK_FOR_LESS": Row(403, "The link is not for this", "Ask the merchant"),
    "CUSTOMER_LINK_NOT_NOW": Row(409, "This can't be done by a link as the order stands", "Ask the merchant"),
    # identities
    "IDENTITY_UNKNOWN": Row(404, "There is no such identity"),
    "IDENTITY_STATE": Row(409, "The identity does not allow this as it stands"),
    "IDENTITY_ORDERS": Row(422, "So many customers can't be one person", "Name orders of two to 200"),
    "IDENTITY_TAKEN": Row(409, "An order belongs to another identity", "Undo that one, and merge all of them anew"),
    # companies, price lists, approvals
    "USER_UNKNOWN": Row(404, "There is no such user", CODES),
    "USER_DISABLED": Row(409, "The user may not come in any more", "Put the user again, with a role"),
    "USER_NOT_ACCEPTABLE": Row(422, "A value of the user can't be taken"),
    "VIEW_UNKNOWN": Row(404, "There is no such view", CODES),
    "VIEW_NOT_ACCEPTABLE": Row(422, "A value of the view can't be taken"),
    "ROLE_UNKNOWN": Row(404, "There is no such role", CODES),
    "ROLE_NOT_ACCEPTABLE": Row(422, "The role can't have these rights"),
    "COMPANY_UNKNOWN": Row(404, "There is no such company", CODES),
    "COMPANY_NOT_ACTIVE": Row(409, "The company may not buy", "Sales may let it buy again"),
    "COMPANY_CHANGES_CURRENCY": Row(409, "The terms of a company stay in one currency"),
    "COMPANY_NOT_ACCEPTABLE": Row(422, "A value of the company can't be taken"),
    "COMPANY_LOCATION_UNKNOWN": Row(422, "The company has no such location, or the buyer none", CODES),
    "BUYER_UNKNOWN": Row(422, "The company has no such buyer", CODES),
    "PO_NUMBER_MISSING": Row(422, "The company orders by its own numbers only", "Send its number"),
    "PO_NUMBER_TAKEN": Row(409, "The company has given the number to another order"),
    "SKU_NOT_APPROVED": Row(409, "It is not in the catalog of the company or buyer", "Leave it out"),
    "MINIMUM_NOT_REACHED": Row(409, "The order is below the company's minimum", "Add to it"),
    "PRICE_NOT_AGREED": Row(409, "The price is not the one agreed with the company", "Send the price agreed on"),
    "TERMS_NOT_AGREED": Row(409, "The company may not pay by invoice, or not like this", "Pay by other means"),
    "AGREEMENT_UNKNOWN": Row(404, "There is no such agreement with the company", CODES),
    "AGREEMENT_NOT_ACCEPTABLE": Row(422, "A value of the agreement can't be taken"),
    "AGREEMENT_STATE": Row(409, "The agreement has ended, or this is none of its days"),
    "AGREEMENT_EXCEEDED": Row(
        409, "So many units are not left of the agreement", "Call off what is left, or agree on more"
    ),
    "PRICE_LIST_UNKNOWN": Row(404, "There is no such price list", CODES),
    "PRICES_NOT_ACCEPTABLE": Row(422, "The prices can't be taken"),
    "PRICES_IN_FORCE": Row(409, "What has held is not changed", "Take a later day"),
    "EDI_PARTNER_UNKNOWN": Row(
        404, "No partner of EDI is known by these names", "Put its profile, with the ids as they stand in its header"
    ),
    "EDI_PARTNER_STOPPED": Row(409, "Nothing is taken from this partner of EDI, or written for it"),
    "EDI_PARTNER_NOT_ACCEPTABLE": Row(422, "A value of the profile can't be taken"),
    "EDI_LOCATION_TAKEN": Row(409, "Another partner runs the location"),
    "EDI_INTERCHANGE_UNKNOWN": Row(404, "There is no such interchange"),
    "EDI_INTERCHANGE_REPEATED": Row(409, "An interchange with this control number has been taken"),
    "EDI_PURCHASE_UNKNOWN": Row(404, "The order did not come by EDI"),
    "EDI_WAREHOUSE_UNKNOWN": Row(409, "No partner of EDI runs this location"),
    "EDI_SHIPPING_ORDER_UNKNOWN": Row(404, "The warehouse was not asked for that"),
    "EDI_ADVICE_REPEATED": Row(409, "The warehouse has told of this shipment before"),
    "EDI_NOTHING_TO_SAY": Row(409, "There is no such shipment, invoice or open work to be told of"),
    "CONTRACT_UNKNOWN": Row(404, "There is no such contract", CODES),
    "CONTRACT_EXISTS": Row(409, "There is a contract of this name", "Change it, or take another name"),
    "CONTRACT_NOT_ACCEPTABLE": Row(422, "A value of the contract can't be taken"),
    "CONTRACT_STATE": Row(409, "The contract is not in a state for this"),
    "APPROVAL_UNKNOWN": Row(404, "There is no such approval", LOOK),
    "APPROVAL_STATE": Row(409, "The approval is over", LOOK),
    "APPROVER_NOT_ALLOWED": Row(409, "It is not theirs to say: another role, or not a second pair of eyes"),
    "APPROVAL_NOT_DUE": Row(409, "There is still time to answer"),
}
