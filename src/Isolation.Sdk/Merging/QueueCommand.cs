namespace Isolation.Sdk.Merging;

/// <summary>What someone may tell a whole merge queue.</summary>
public abstract record QueueCommand
{
    private QueueCommand() { }

    /// <summary>Lets nothing land; submitting goes on. Durable: every process that opens the queue obeys, until <see cref="Resume"/>.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Pause(string Reason) : QueueCommand
    {
        /// <summary>What has at least this priority passes all the same. <value>null: nothing passes.</value></summary>
        public int? MinimumPriority { get; init; }
    }

    /// <summary>Lets work land again, also after the queue paused itself because the target was broken.</summary>
    public sealed record Resume : QueueCommand;
}
