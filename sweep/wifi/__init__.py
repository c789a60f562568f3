"""Wi-Fi transmitters from 802.11 headers, and which of them send video; payload is never kept."""
