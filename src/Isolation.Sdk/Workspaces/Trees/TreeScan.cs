using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces.Trees;

/// <summary>Compares a folder with an index entry by entry, by what nobody can forge: the moment an inode last changed.</summary>
internal static class TreeScan
{
    /// <summary>Looks at everything below a folder; <c>.git</c> at its top is left out.</summary>
    public static TreeFindings Run(IndexFile index, string folder) => throw new NotImplementedException();

    /// <summary>Whether a file of a workspace was changed after a moment and says that it was not: its time of writing was set by hand.</summary>
    /// <param name="folder">The work tree.</param>
    /// <param name="since">The moment.</param>
    /// <param name="except">Paths in it that were copied in with their times.</param>
    public static bool HasForgedTimes(string folder, DateTime since, IReadOnlyList<string> except) => throw new NotImplementedException();
}
