namespace Isolation.Sdk;

/// <summary>A repository, by path. Two paths with one common git directory are one repository.</summary>
/// <param name="Path">The absolute path of a checkout, a linked worktree or a bare repository.</param>
public sealed record RepositoryRef(string Path);
