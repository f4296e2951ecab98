using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>What of a workspace is there before git knows of it.</summary>
/// <param name="by">How it got there.</param>
/// <param name="index">The index of its files, as far as it was made for them.</param>
/// <param name="tree">The tree it is a snapshot of, or was, whose index is right for it, too.</param>
/// <param name="isLast">Whether that tree gave all it had, and goes.</param>
internal sealed class MaterializedFiles(
    CheckoutMethod by,
    IndexFile? index,
    TemplateTree? tree = null,
    bool isLast = false
) : IDisposable
{
    public CheckoutMethod By => by;

    /// <summary>The files and the stat data they have; <see langword="null"/> where git has yet to write them.</summary>
    public IndexFile? Index => index ?? tree?.Index;

    /// <summary>Puts the index into a git directory; not where git has yet to write the files.</summary>
    public bool TryInstallIndex(string path)
    {
        if (isLast)
        {
            File.Move(tree!.IndexPath, path);
        }
        else if (tree is not null)
        {
            File.Copy(tree.IndexPath, path); // Shares its blocks where the snapshot does.
        }
        else if (index is not null)
        {
            index.Save(path);
        }

        return tree is not null || index is not null;
    }

    public void Dispose()
    {
        if (isLast)
        {
            tree?.Discard();
        }

        tree?.Dispose();
    }
}
