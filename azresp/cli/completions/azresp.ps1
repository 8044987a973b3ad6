# Completion of azresp for PowerShell.
Register-ArgumentCompleter -Native -CommandName azresp -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $Env:_AZRESP_COMPLETE = 'complete_powershell'
    $Env:_TYPER_COMPLETE_ARGS = $commandAst.ToString()
    $Env:_TYPER_COMPLETE_WORD_TO_COMPLETE = $wordToComplete
    try {
        azresp 2>$null | Where-Object { $_ } | ForEach-Object {
            $value, $told = $_ -split ':::', 2
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $told)
        }
    }
    finally {
        Remove-Item Env:_AZRESP_COMPLETE, Env:_TYPER_COMPLETE_ARGS, Env:_TYPER_COMPLETE_WORD_TO_COMPLETE -ErrorAction Ignore
    }
}
