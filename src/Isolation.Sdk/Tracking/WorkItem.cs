namespace Isolation.Sdk;

/// <summary>One scoped assignment. Never "help out where needed".</summary>
/// <param name="Id">Its id, unique in a run.</param>
/// <param name="Title">One line that says what it is.</param>
public sealed record WorkItem(string Id, string Title)
{
    /// <summary>What to do. <value>Empty.</value></summary>
    public string Instructions { get; init; } = "";

    /// <summary>Ids of items that must have landed before this one starts.</summary>
    public IReadOnlyList<string> BlockedBy { get; init; } = [];

    /// <summary>Higher starts first. <value>0.</value></summary>
    public int Priority { get; init; }

    /// <summary>The revision to start from. <value>null: the target, as it is when the attempt starts.</value></summary>
    public string? Base { get; init; }
}
