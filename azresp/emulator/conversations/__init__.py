"""The Conversations API: items that belong together, and the turns that add to them."""
