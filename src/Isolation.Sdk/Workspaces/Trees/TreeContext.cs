using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces.Trees;

/// <summary>What everything shares that fills, recycles or removes workspaces of one repository.</summary>
internal sealed record TreeContext(GitRepository Repository, WorkersFolder Workers, TimeProvider Time, Trash Trash)
{
    /// <summary>Called at each named step, for tests that end the process there.</summary>
    public Action<TreeStep> Reached { get; init; } = static _ => { };

    /// <summary>What decides how files of the same commit look: a tree made with other settings is another tree.</summary>
    public TreeSettings Settings { get; } = new(Repository);
}
