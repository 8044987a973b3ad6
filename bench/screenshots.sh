#!/bin/sh
# Takes a picture of bench.gallery in each terminal that is installed, on a virtual X screen.
# Debian: apt-get install xvfb imagemagick xterm mlterm kitty konsole libgl1-mesa-dri fonts-dejavu-core
# Usage: bench/screenshots.sh FOLDER [PYTHON]; extra variables (GALLERY_STEPS=2 …) go through.
set -u
folder=$1
python=${2:-python}
export DISPLAY=:77 LIBGL_ALWAYS_SOFTWARE=1 XDG_RUNTIME_DIR="$folder" GALLERY_S=60
unset TMUX STY SSH_CONNECTION SSH_TTY SSH_CLIENT NO_COLOR
mkdir -p "$folder"
Xvfb $DISPLAY -screen 0 900x640x24 >/dev/null 2>&1 &
xvfb=$!
sleep 1

look() { # name, seconds, command that starts the terminal
    name=$1 wait=$2
    shift 2
    "$@" >"$folder/$name.log" 2>&1 &
    terminal=$!
    sleep "$wait"
    import -window root "$folder/$name.png"
    kill $terminal
    wait $terminal 2>/dev/null
}

gallery="$python -m bench.gallery"
font="-fa DejaVuSansMono -fs 10"
sixel="-ti vt340 -xrm XTerm*numColorRegisters:256"
look xterm-blocks 5 xterm $font -geometry 100x36 -e $gallery
look xterm-sixel 6 xterm $font $sixel -geometry 100x36 -e env AZRESP_PICTURES=sixel $gallery
look mlterm-sixel 6 mlterm --geometry=100x30 -e $gallery
if command -v tmux >/dev/null; then
    look xterm-tmux 6 xterm $font -geometry 100x36 -e env TERM=xterm-256color tmux -L gallery -f /dev/null new "$gallery"
fi
look kitty 9 kitty -o remember_window_size=no -o initial_window_width=900 -o initial_window_height=640 \
    -o font_size=10 $gallery
if command -v foot weston >/dev/null; then
    weston --backend=x11-backend.so --socket=gallery --width=900 --height=600 >"$folder/weston.log" 2>&1 &
    weston=$!
    sleep 2
    WAYLAND_DISPLAY=gallery look foot-sixel 6 foot --font="DejaVu Sans Mono:size=9" -W 100x34 $gallery
    kill $weston
fi
if command -v konsole >/dev/null; then
    for mode in iterm kitty sixel; do
        look konsole-$mode 8 konsole --geometry 880x620 --hide-menubar --hide-tabbar \
            -p Font="DejaVu Sans Mono,10" -e env AZRESP_PICTURES=$mode $gallery
    done
fi
kill $xvfb
