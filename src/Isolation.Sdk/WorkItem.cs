namespace Isolation.Sdk;

/// <summary>One scoped assignment. Never "help out where needed".</summary>
/// <param name="Id">Its ID, unique in a tracker.</param>
/// <param name="Title">One line that says what it is.</param>
public sealed record WorkItem(string Id, string Title)
{
    /// <summary>What to do. <value>Empty.</value></summary>
    public string Instructions { get; init; } = "";

    /// <summary>The IDs of the items that must have landed before this one starts.</summary>
    public IReadOnlyList<string> BlockedBy { get; init; } = [];

    /// <summary>Higher starts first. <value>0.</value></summary>
    public int Priority { get; init; }

    /// <summary>The branch that its work lands on, short form; it has to exist. Its attempts start from there, too.
    /// <value>null: the pipeline's target.</value></summary>
    public string? Target { get; init; }

    /// <summary>
    /// The revision to start from. <value>null: the target, as it is when the attempt starts.</value>
    /// </summary>
    public string? Base { get; init; }

    /// <summary>
    /// How long an attempt's runner may take. <value>null: <see cref="IsolationOptions.AttemptTimeout"/>.</value>
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Data of the host, handed on unchanged to its runner and in its result. <value>None.</value></summary>
    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels that a machine must have to carry it out. <value>None.</value></summary>
    public IReadOnlyList<string> Requires { get; init; } = [];

    /// <summary>The paths it expects to touch, from the top of the repository; at most 200. A path means that file or,
    /// if it is a folder, everything below it;
    /// write <c>/</c> after a folder to say so. <c>*</c> and <c>?</c> stand for any characters and one character within
    /// a name, <c>**</c> for any folders.
    /// They forbid nothing: they let the pipeline warn early, and order what starts if it is told to.
    /// <value>None.</value></summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
}
