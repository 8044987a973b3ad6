# Completion of azresp for fish.
function __azresp_asked
    set --global __azresp_told (env _TYPER_COMPLETE_ARGS=(commandline --cut-at-cursor --current-process) \
        _TYPER_COMPLETE_FISH_ACTION=get-args _AZRESP_COMPLETE=complete_fish azresp 2>/dev/null)
    string length --quiet -- $__azresp_told
end
# Where azresp offers nothing, fish offers files.
complete --command azresp --no-files --condition __azresp_asked --arguments '(string join \n -- $__azresp_told)'
