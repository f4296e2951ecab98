namespace Isolation.Sdk.Sandbox;

/// <summary>What a command said.</summary>
/// <param name="Exit">How it ended.</param>
/// <param name="Output">Its standard output, UTF-8, up to <see cref="StateScopeExtensions.MaxBufferedLength"/> characters.</param>
/// <param name="Error">Its standard error, likewise.</param>
public sealed record ExecResult(ProcessExit Exit, string Output, string Error)
{
    /// <summary>Its exit code.</summary>
    public int ExitCode => Exit.Code;
}
