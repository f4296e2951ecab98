namespace Isolation.Sdk.Git;

/// <summary>One file that does not merge.</summary>
/// <param name="Path">Its path from the top of the repository.</param>
/// <param name="Kinds">Git's stable words: <c>contents</c>, <c>modify/delete</c>, <c>binary</c>,
/// <c>rename/rename</c>, …</param>
public sealed record ConflictedFile(string Path, IReadOnlyList<string> Kinds);
