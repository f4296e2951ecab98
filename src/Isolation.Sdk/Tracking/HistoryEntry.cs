namespace Isolation.Sdk.Tracking;

/// <summary>One line of an item's history.</summary>
/// <param name="Item">The item's ID.</param>
/// <param name="Attempt">The attempt that said it; <see langword="null"/> when the tracker did.</param>
/// <param name="At">When.</param>
/// <param name="Kind"><c>comment</c>, <c>blocker</c>, <c>claimed</c>, <c>began</c>, <c>settled</c>,
/// <c>edited</c>, <c>reopened</c>.</param>
/// <param name="Text">The text.</param>
public sealed record HistoryEntry(string Item, AttemptId? Attempt, DateTimeOffset At, string Kind, string Text);
