"""What is due, when, and for whom: a query over visits and policy; nothing here runs by itself."""
