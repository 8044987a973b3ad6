# Completion of azresp for bash.
_azresp_completion() {
    local IFS=$'\n' word count=0
    local -a words=()
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        # bash cuts --flag=value in three.
        if ((count)) && [[ ${words[count - 1]} == --* && ($word == = || ${words[count - 1]} == *=) ]]; then
            words[count - 1]+=$word
        else
            words[count++]=$word
        fi
    done
    COMPREPLY=($(env COMP_WORDS="${words[*]}" COMP_CWORD=$((count - 1)) _AZRESP_COMPLETE=complete_bash \
        "${1/#\~/$HOME}" 2>/dev/null))
}
complete -o default -F _azresp_completion azresp
