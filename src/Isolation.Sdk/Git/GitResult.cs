namespace Isolation.Sdk.Git;

/// <summary>What a git command said. <see cref="Output"/> is UTF-8 and may hold NUL bytes (<c>-z</c>).</summary>
internal sealed record GitResult(int ExitCode, string Output, string Error)
{
    public bool Ok => ExitCode == 0;

    public string Line => Output.TrimEnd('\n', '\r');

    public string ErrorLine => Error.Trim().ReplaceLineEndings(" ");

    public IReadOnlyList<string> Fields =>
        Output.Length == 0 ? [] : (Output[^1] == '\0' ? Output[..^1] : Output).Split('\0');
}
