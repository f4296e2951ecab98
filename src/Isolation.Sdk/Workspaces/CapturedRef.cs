namespace Isolation.Sdk.Workspaces;

/// <summary>
/// Something a worker kept on a ref of its own beside what it handed in: another branch, a stash entry, a tag, notes.
/// </summary>
/// <param name="Name">The ref in the worker's repository, in full; <c>stash@{n}</c> for older stash entries.</param>
/// <param name="Object">What it pointed to.</param>
/// <param name="Source">The ref it is pinned by, in the repository of the pipeline.</param>
public sealed record CapturedRef(string Name, string Object, string Source);
