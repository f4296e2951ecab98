namespace Isolation.Sdk.Git;

internal sealed record GitResult(int ExitCode, string Output, string Error)
{
    public bool Ok => ExitCode == 0;

    public string Line => Output.TrimEnd('\n', '\r');

    public string ErrorLine => Error.Trim().ReplaceLineEndings(" ");

    public IReadOnlyList<string> Fields =>
        Output.Length == 0 ? [] : (Output[^1] == '\0' ? Output[..^1] : Output).Split('\0');
}
