namespace Isolation.Sdk.Workspaces;

/// <summary>Where a workspace is.</summary>
/// <param name="Path">The absolute path of the work tree.</param>
/// <param name="GitDirectory">The absolute path of its own git directory.</param>
/// <param name="Branch">The branch that is checked out, short form; <see langword="null"/> when HEAD is detached.</param>
/// <param name="BaseCommit">The commit it started from.</param>
public sealed record WorkspaceInfo(string Path, string GitDirectory, string? Branch, string BaseCommit);
