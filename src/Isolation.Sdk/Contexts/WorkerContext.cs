namespace Isolation.Sdk.Contexts;

/// <summary>What a runner starts from: an immutable briefing and its own, empty conversation.</summary>
/// <remarks>After the worker's end, <see cref="Briefing"/>, <see cref="BriefingFile"/> and the conversation throw
/// <see cref="ObjectDisposedException"/>.</remarks>
public sealed class WorkerContext
{
    private readonly string _briefing;
    private readonly string _briefingFile;
    private readonly Conversation _conversation;

    private WorkerContext(
        AttemptId attempt,
        string briefing,
        string briefingFile,
        int tokens,
        int? tokenBudget,
        TimeProvider time
    )
    {
        Lifetime = new WorkerLifetime(attempt);
        (_briefing, _briefingFile, Tokens, TokenBudget) = (briefing, briefingFile, tokens, tokenBudget);
        _conversation = new Conversation(Lifetime, time);
    }

    /// <summary>Makes a context; for context factories.</summary>
    /// <param name="attempt">The attempt it is for.</param>
    /// <param name="briefing">The briefing, in Markdown.</param>
    /// <param name="briefingFile">The absolute path of a file with the same text, outside the work tree.</param>
    /// <param name="tokens">The estimated number of tokens of the briefing.</param>
    /// <param name="tokenBudget">The maximum number of tokens; <see langword="null"/> for no limit.</param>
    /// <param name="time">The clock of the conversation; <see langword="null"/> for the system's.</param>
    public static WorkerContext Create(
        AttemptId attempt,
        string briefing,
        string briefingFile,
        int tokens,
        int? tokenBudget = null,
        TimeProvider? time = null
    ) => new(attempt, briefing, briefingFile, tokens, tokenBudget, time ?? TimeProvider.System);

    /// <summary>The attempt it is for.</summary>
    public AttemptId Attempt => Lifetime.Attempt;

    /// <summary>The briefing, in Markdown. It never changes.</summary>
    public string Briefing => Living._briefing;

    /// <summary>The absolute path of the briefing as a file, outside the work tree.</summary>
    public string BriefingFile => Living._briefingFile;

    /// <summary>The estimated number of tokens of the briefing.</summary>
    public int Tokens { get; }

    /// <summary>The maximum number of tokens of the briefing; <see langword="null"/> for no limit.</summary>
    public int? TokenBudget { get; }

    /// <summary>The worker's conversation, empty at the start.</summary>
    public Conversation Conversation => Living._conversation;

    internal WorkerLifetime Lifetime { get; }

    private WorkerContext Living
    {
        get
        {
            Lifetime.ThrowIfEnded();
            return this;
        }
    }
}
