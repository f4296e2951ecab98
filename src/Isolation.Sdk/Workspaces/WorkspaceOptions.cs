using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>How workspaces are made, linked worktrees and private clones alike.</summary>
public sealed class WorkspaceOptions : IOptionsWithFaults
{
    /// <summary>The default of <see cref="BranchTemplate"/>.</summary>
    public const string DefaultBranchTemplate = "isolation/{item}/{attempt}/work";

    /// <summary>
    /// The branch of an attempt. <c>{item}</c> is the item's ID made safe for a ref, <c>{attempt}</c> the attempt's
    /// number; a template without <c>{attempt}</c> gets <c>/{attempt}</c> at its end, since two attempts never share a
    /// branch. <value><c>isolation/{item}/{attempt}/work</c></value>
    /// </summary>
    public string BranchTemplate { get; set; } = DefaultBranchTemplate;

    /// <summary>
    /// How the files get into a new workspace. A method that is named and not available here is a fault. <value><see
    /// cref="CheckoutMethod.Auto"/></value>
    /// </summary>
    public CheckoutMethod CheckoutMethod { get; set; }

    /// <summary>
    /// How many template trees are kept for a repository in its workers' directory, one for a base commit: new
    /// workspaces are copied from them. Each takes the room of a checkout, and the least recently used goes. None is
    /// made for a base of fewer than 500 files, unless <see cref="CheckoutMethod"/> names a way of copying. <value>2;
    /// with 0 git checks every workspace out.</value>
    /// </summary>
    public int MaxTemplateTrees { get; set; } = 2;

    /// <summary>
    /// Globs of files that git ignores, to be copied from the canonical checkout into each workspace; they are never
    /// captured. Relative to the top of the checkout: <c>.env</c> is the one at the top, <c>**/.env</c> those
    /// everywhere.
    /// </summary>
    public IList<string> CopyIgnored { get; } = [];

    /// <summary>
    /// Symbolic links to make in each workspace: where the link is, relative to the top of the workspace, and what it
    /// points to, absolute or relative to the canonical checkout. A link is never captured. It does not stop a write
    /// through it: link what is read-only already.
    /// </summary>
    public IDictionary<string, string> SymbolicLinks { get; } = new Dictionary<string, string>();

    /// <summary>
    /// Whether what a worker left uncommitted also goes onto its branch when it is captured. It is pinned in the
    /// attempt's ref either way. Private clones have no branch in the repository. <value>false</value>
    /// </summary>
    public bool LeftoversOnBranch { get; set; }

    /// <summary>
    /// The message of the commit that holds what a worker left uncommitted, with <c>{item}</c> and <c>{attempt}</c>.
    /// </summary>
    public string LeftoversMessage { get; set; } =
        "Leftovers of {item}.{attempt}\n\nWhat the worker had not committed when it ended.";

    /// <summary>
    /// Whether a private clone has the repository's remote <c>origin</c>, by the same address without any user name or
    /// password in it, so that a worker can fetch. Without it a clone has no remote. <value>false</value>
    /// </summary>
    public bool KeepOrigin { get; set; }

    /// <summary>Whether released workspaces are cleaned and used again.</summary>
    public WorkspacePoolOptions Pool { get; } = new();

    /// <summary>Whether a workspace waits until disk and memory are free for it.</summary>
    public AdmissionOptions Admission { get; } = new();

    internal string LeftoversMessageOf(AttemptId attempt) => BranchName.Fill(LeftoversMessage, attempt.Item, attempt);

    IEnumerable<IsolationFault> IOptionsWithFaults.Validate() =>
        [
            .. BranchName.FindFault(BranchTemplate) is { } branch ? [branch] : Array.Empty<IsolationFault>(),
            .. Check(Enum.IsDefined(CheckoutMethod), nameof(CheckoutMethod), $"{CheckoutMethod}", "a named value"),
            .. Check(MaxTemplateTrees >= 0, nameof(MaxTemplateTrees), $"{MaxTemplateTrees}", "0 or more"),
            .. Check(
                LeftoversMessage is { } message && !BranchName.Fill(message, "", default).Contains('{'),
                nameof(LeftoversMessage),
                LeftoversMessage,
                "a message in which {item} and {attempt} are the only braces"
            ),
            .. CopyIgnored.SelectMany(glob =>
                Check(IsInside(glob), nameof(CopyIgnored), glob, "a glob below the top of the checkout")
            ),
            .. SymbolicLinks.SelectMany(link =>
                Check(
                    IsInside(link.Key) && link.Value is { Length: > 0 },
                    nameof(SymbolicLinks),
                    $"{link.Key} → {link.Value}",
                    "a path below the top of the workspace, with a target"
                )
            ),
            .. Check(Pool.Size >= 0, "Pool.Size", $"{Pool.Size}", "0 or more"),
            .. CheckNumber(nameof(Admission.MinFreeDisk), Admission.MinFreeDisk),
            .. CheckNumber(nameof(Admission.MinFreeFiles), Admission.MinFreeFiles),
            .. CheckNumber(nameof(Admission.MinFreeMemory), Admission.MinFreeMemory),
            .. Check(
                Admission.MaxWait >= TimeSpan.Zero && Admission.MaxWait <= AdmissionOptions.LongestWait,
                "Admission.MaxWait",
                $"{Admission.MaxWait}",
                $"between 0 and {AdmissionOptions.LongestWait.TotalDays} days"
            ),
        ];

    private static IEnumerable<IsolationFault> CheckNumber(string name, long value) =>
        Check(value >= 0, $"Admission.{name}", $"{value}", "0 or more");

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

/// <summary>How many released workspaces wait to be used again.</summary>
public sealed class WorkspacePoolOptions
{
    /// <summary>
    /// The most of them for one repository, those being cleaned included; each takes the room of a checkout. What is
    /// released beyond that is deleted. Files are cleaned in the background, compared entry by entry and handed to the
    /// next attempt by a rename; branch, index, config, hooks and all else that git keeps are always made new.
    /// <value>0: none is used again.</value>
    /// </summary>
    public int Size { get; set; }
}

/// <summary>
/// What has to be free before a workspace is made. Until then its worker waits, and its status says for what.
/// </summary>
public sealed class AdmissionOptions
{
    internal static TimeSpan LongestWait { get; } = TimeSpan.FromDays(30);

    /// <summary>Whether anything has to be free at all. <value>false</value></summary>
    public bool Enabled { get; set; }

    /// <summary>
    /// Bytes that have to be free where workspaces are made, beside what those being made are expected to take.
    /// <value>1 GiB</value>
    /// </summary>
    public long MinFreeDisk { get; set; } = 1L << 30;

    /// <summary>
    /// Files that have to fit on that file system yet (inodes); a file system that does not count them has room.
    /// Checked on Linux. <value>10,000</value>
    /// </summary>
    public long MinFreeFiles { get; set; } = 10_000;

    /// <summary>
    /// Bytes of memory that have to be available, to the machine and under every limit of the control groups (v2, or
    /// v1) of this process. Checked on Linux. <value>256 MiB</value>
    /// </summary>
    public long MinFreeMemory { get; set; } = 256L << 20;

    /// <summary>
    /// How long a workspace waits; then it fails with ISO0317. <see cref="TimeSpan.Zero"/> for not at all. <value>5
    /// minutes</value>
    /// </summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMinutes(5);
}
