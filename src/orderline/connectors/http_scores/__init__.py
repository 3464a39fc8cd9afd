"""Any scorer of orders that speaks our small format over HTTP."""
