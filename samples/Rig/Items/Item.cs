using Isolation.Sdk;

namespace Rig.Items;

/// <summary>An item as it is in items.json.</summary>
internal sealed record Item
{
    public required string Id { get; init; }

    public required string Title { get; init; }

    public string? Instructions { get; init; }

    public string[]? BlockedBy { get; init; }

    public int Priority { get; init; }

    public string? Base { get; init; }

    public string[]? Paths { get; init; }

    public WorkItem ToWorkItem() =>
        new(Id ?? "", Title ?? "")
        {
            Instructions = Instructions ?? Title ?? "",
            BlockedBy = BlockedBy ?? [],
            Priority = Priority,
            Base = Base,
            Paths = Paths ?? [],
        };
}
