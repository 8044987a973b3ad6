"""Pictures: looked at, drawn, edited, written. Pillow is imported only when there is one."""
