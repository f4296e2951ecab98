namespace Isolation.Sdk.Workspaces;

/// <summary>Where a workspace is.</summary>
/// <param name="Path">The absolute path of the work tree.</param>
/// <param name="GitDirectory">The absolute path of its own git directory.</param>
/// <param name="Branch">The branch that is checked out, short form; <see langword="null"/> if HEAD is detached.</param>
/// <param name="BaseCommit">The commit it started from.</param>
public sealed record WorkspaceInfo(string Path, string GitDirectory, string? Branch, string BaseCommit)
{
    /// <summary>How its files got there; <see langword="null"/> if it was never completed.</summary>
    public CheckoutMethod? CheckedOutBy { get; init; }

    /// <summary>Whether it is a repository of its own and shares no branch, config or hook.</summary>
    public bool HasOwnRepository { get; init; } =
        GitDirectory.StartsWith(Path + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
