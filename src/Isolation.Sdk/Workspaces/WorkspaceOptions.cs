using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>How workspaces are made, linked worktrees and private clones alike.</summary>
public sealed class WorkspaceOptions
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    /// <summary>The default of <see cref="BranchTemplate"/>.</summary>
    public const string DefaultBranchTemplate = "isolation/{item}/{attempt}/work";

    /// <summary>
    /// The branch of an attempt, with <c>{item}</c> and <c>{attempt}</c>. A template without <c>{attempt}</c> gets
    /// <c>/{attempt}</c> at its end. <value><c>isolation/{item}/{attempt}/work</c></value>
    /// </summary>
    public string BranchTemplate { get; set; } = DefaultBranchTemplate;

    /// <summary>
    /// How the files get into a new workspace. A method that is not available here is a fault. <value><see
    /// cref="CheckoutMethod.Auto"/></value>
    /// </summary>
    public CheckoutMethod CheckoutMethod { get; set; }

    /// <summary>
    /// The maximum number of template trees per repository from which new workspaces are copied; each takes the space
    /// of a checkout. With <see cref="CheckoutMethod.Auto"/>, none is made for fewer than 500 files. <value>2; with 0
    /// git checks every workspace out.</value>
    /// </summary>
    public int MaxTemplateTrees { get; set; } = 2;

    /// <summary>
    /// Globs of ignored files to copy from the canonical checkout, relative to its top: <c>.env</c>, <c>**/.env</c>.
    /// They are never captured. <c>.git/name</c>, without a wildcard, is a file or folder that a filter looks for in
    /// the git directory; git-crypt's own is always copied.
    /// </summary>
    public IList<string> CopyIgnored { get; } = [];

    /// <summary>
    /// Symbolic links to make in each workspace: the path of the link, and what it points to, absolute or relative to
    /// the canonical checkout. They are never captured. A link stops no write: link what is read-only already.
    /// </summary>
    public IDictionary<string, string> SymbolicLinks { get; } = new Dictionary<string, string>();

    /// <summary>
    /// Whether uncommitted work also goes onto the worker's branch; it is pinned either way. Linked worktrees only.
    /// <value>false</value>
    /// </summary>
    public bool LeftoversOnBranch { get; set; }

    /// <summary>
    /// The message of the commit that pins uncommitted work, with <c>{item}</c> and <c>{attempt}</c>.
    /// </summary>
    public string LeftoversMessage { get; set; } =
        "Leftovers of {item}.{attempt}\n\nWhat the worker had not committed when it ended.";

    /// <summary>
    /// Whether a private clone keeps the remote <c>origin</c>, without user name and password. <value>false</value>
    /// </summary>
    public bool KeepOrigin { get; set; }

    /// <summary>
    /// The maximum number of released workspaces per repository that are cleaned and reused, each the space of a
    /// checkout. Files are compared entry by entry; everything of git's is always made new. <value>0: none is
    /// reused.</value>
    /// </summary>
    public int PoolSize { get; set; }

    /// <summary>
    /// The maximum time a workspace waits until there is enough disk and memory; then it fails with ISO0317. The
    /// worker's status says what it waits for. <value>null: nothing has to be free.</value>
    /// </summary>
    public TimeSpan? MaxWaitForSpace { get; set; }

    /// <summary>
    /// The minimum of free bytes on the disk, beyond what workspaces being made will take. <value>1 GiB</value>
    /// </summary>
    public long MinFreeDisk { get; set; } = 1L << 30;

    /// <summary>The minimum of files (inodes) that still fit on the disk. Linux only. <value>10,000</value></summary>
    public long MinFreeFiles { get; set; } = 10_000;

    /// <summary>
    /// The minimum of available bytes of memory, on the machine and under every control group of this process. Linux
    /// only. <value>256 MiB</value>
    /// </summary>
    public long MinFreeMemory { get; set; } = 256L << 20;

    /// <summary>What happens to files that git ignores, such as reports.</summary>
    public IgnoredFilesOptions IgnoredFiles { get; } = new();

    /// <summary>What is taken for a worker's work without asking.</summary>
    public CaptureOptions Capture { get; } = new();

    internal string LeftoversMessageOf(AttemptId attempt) => BranchName.Fill(LeftoversMessage, attempt.Item, attempt);

    internal IEnumerable<IsolationFault> Validate() =>
        [
            .. BranchName.FindFault(BranchTemplate) is { } branch ? [branch] : Array.Empty<IsolationFault>(),
            .. Check(Enum.IsDefined(CheckoutMethod), nameof(CheckoutMethod), $"{CheckoutMethod}", "a named value"),
            .. CheckNumber(nameof(MaxTemplateTrees), MaxTemplateTrees),
            .. Check(
                LeftoversMessage is { } message && !BranchName.Fill(message, "", default).Contains('{'),
                nameof(LeftoversMessage),
                LeftoversMessage,
                "a message in which {item} and {attempt} are the only braces"
            ),
            .. CopyIgnored.SelectMany(glob =>
                Check(
                    IsInside(glob) || GitDirectoryFiles.IsOne(glob),
                    nameof(CopyIgnored),
                    glob,
                    "a glob below the top of the checkout"
                )
            ),
            .. SymbolicLinks.SelectMany(link =>
                Check(
                    IsInside(link.Key) && link.Value is { Length: > 0 },
                    nameof(SymbolicLinks),
                    $"{link.Key} → {link.Value}",
                    "a path below the top of the workspace, with a target"
                )
            ),
            .. CheckNumber(nameof(PoolSize), PoolSize),
            .. CheckNumber(nameof(MinFreeDisk), MinFreeDisk),
            .. CheckNumber($"{nameof(IgnoredFiles)}.{nameof(IgnoredFilesOptions.MaxBytes)}", IgnoredFiles.MaxBytes),
            .. CheckNumber($"{nameof(Capture)}.{nameof(CaptureOptions.MaxLeftoverFiles)}", Capture.MaxLeftoverFiles),
            .. CheckNumber($"{nameof(Capture)}.{nameof(CaptureOptions.MaxLeftoverBytes)}", Capture.MaxLeftoverBytes),
            .. CheckNumber(nameof(MinFreeFiles), MinFreeFiles),
            .. CheckNumber(nameof(MinFreeMemory), MinFreeMemory),
            .. Check(
                MaxWaitForSpace is null || (MaxWaitForSpace >= TimeSpan.Zero && MaxWaitForSpace <= LongestWait),
                nameof(MaxWaitForSpace),
                $"{MaxWaitForSpace}",
                $"between 0 and {LongestWait.TotalDays} days"
            ),
        ];

    private static IEnumerable<IsolationFault> CheckNumber(string name, long value) =>
        Check(value >= 0, name, $"{value}", "0 or more");

    private static IEnumerable<IsolationFault> Check(bool holds, string name, string? value, string wanted) =>
        holds
            ? []
            :
            [
                new(
                    WorkspaceCodes.BadOption,
                    $"{nameof(WorkspaceOptions)}.{name} is '{PlainText.SingleLine(value ?? "", 100)}'.",
                    $"Give {name} {wanted}."
                ),
            ];

    private static bool IsInside(string? path) =>
        !string.IsNullOrWhiteSpace(path)
        && !Path.IsPathRooted(path)
        && path.Split('/', '\\') is { } parts
        && parts[0] != ".git"
        && !parts.Contains("..");
}
