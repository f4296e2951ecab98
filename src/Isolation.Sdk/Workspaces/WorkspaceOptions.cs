namespace Isolation.Sdk.Workspaces;

/// <summary>How workspaces are made, whichever kind they are.</summary>
public abstract class WorkspaceOptions
{
    /// <summary>The default of <see cref="BranchTemplate"/>.</summary>
    public const string DefaultBranchTemplate = "isolation/{item}/{attempt}/work";

    private readonly List<string> _copied = [];
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);

    private protected WorkspaceOptions() { }

    /// <summary>
    /// The branch of an attempt. <c>{item}</c> is the item's id made safe for a ref, <c>{attempt}</c> the attempt's number; a template without <c>{attempt}</c> gets
    /// <c>/{attempt}</c> at its end, since two attempts never share a branch. <value><c>isolation/{item}/{attempt}/work</c></value>
    /// </summary>
    public string BranchTemplate { get; set; } = DefaultBranchTemplate;

    /// <summary>How the files get into a new workspace. One that is named and not to be had here is a fault. <value><see cref="CheckoutMethod.Auto"/></value></summary>
    public CheckoutMethod CheckoutMethod { get; set; }

    /// <summary>
    /// How many pristine trees are kept for a repository in the folder of its workers, one for a base commit: what new workspaces are copied from. Each takes the room of a checkout, and the least
    /// recently used goes. None is made for a base of fewer than 500 files, unless <see cref="CheckoutMethod"/> names a way of copying. <value>2; with 0 git checks every workspace out.</value>
    /// </summary>
    public int MaxTemplateTrees { get; set; } = 2;

    /// <summary>Globs of <see cref="CopyIgnored"/>. <value>Empty.</value></summary>
    public IReadOnlyList<string> CopiedGlobs => _copied;

    /// <summary>Links of <see cref="ShareReadOnly"/>: where the link is in the workspace, and what it points to. <value>Empty.</value></summary>
    public IReadOnlyDictionary<string, string> SharedPaths => _shared;

    /// <summary>Copies files that git ignores from the canonical checkout into each workspace. They are never captured.</summary>
    /// <param name="globs">Relative to the top of the checkout: <c>.env</c> is the one at the top, <c>**/.env</c> those everywhere.</param>
    public WorkspaceOptions CopyIgnored(params string[] globs)
    {
        ArgumentNullException.ThrowIfNull(globs);
        _copied.AddRange(globs);
        return this;
    }

    /// <summary>
    /// Links a file or folder into each workspace, for data that is only ever read. The link is never captured. This provider does not stop a write through it: whether one is possible
    /// depends on the target's own permissions and on the state axis. Share what is read-only already.
    /// </summary>
    /// <param name="path">Where the link is, relative to the top of the workspace.</param>
    /// <param name="target">What it points to, absolute or relative to the canonical checkout; it must exist. <value>null: the same path in the canonical checkout.</value></param>
    public WorkspaceOptions ShareReadOnly(string path, string? target = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _shared[path] = target ?? path;
        return this;
    }
}
