namespace Isolation.Sdk.Contexts;

/// <summary>What a runner starts from: an immutable briefing and an empty conversation of its own.</summary>
/// <remarks>Once its worker has begun, every member but <see cref="Attempt"/> throws for anyone else (ISO0502), and for everyone when the worker has ended (ISO0501).</remarks>
public sealed class WorkerContext
{
    private readonly string _briefing;
    private readonly string _briefingFile;
    private readonly int? _tokenBudget;
    private readonly Conversation _conversation;

    internal WorkerContext(
        WorkerSeal seal,
        string briefing,
        string briefingFile,
        int tokens,
        int? tokenBudget,
        TimeProvider time
    )
    {
        Seal = seal;
        MeasuredTokens = tokens;
        (_briefing, _briefingFile, _tokenBudget, _conversation) = (
            briefing,
            briefingFile,
            tokenBudget,
            new Conversation(seal, time)
        );
    }

    /// <summary>Makes a context; for context factories.</summary>
    /// <param name="attempt">The attempt it is for.</param>
    /// <param name="briefing">The briefing, in Markdown.</param>
    /// <param name="briefingFile">The absolute path of the same text, outside the work tree.</param>
    /// <param name="tokens">The estimated number of tokens of the briefing.</param>
    /// <param name="tokenBudget">The most it may have; <see langword="null"/> for no limit.</param>
    /// <param name="time">The clock for turns of the conversation.</param>
    public static WorkerContext Create(
        AttemptId attempt,
        string briefing,
        string briefingFile,
        int tokens,
        int? tokenBudget = null,
        TimeProvider? time = null
    ) => new(new WorkerSeal(attempt), briefing, briefingFile, tokens, tokenBudget, time ?? TimeProvider.System);

    /// <summary>The attempt it is for.</summary>
    public AttemptId Attempt => Seal.Attempt;

    /// <summary>The briefing, in Markdown. It never changes.</summary>
    public string Briefing => Mine._briefing;

    /// <summary>The absolute path of the briefing as a file, outside the work tree.</summary>
    public string BriefingFile => Mine._briefingFile;

    /// <summary>The estimated number of tokens of the briefing.</summary>
    public int Tokens => Mine.MeasuredTokens;

    /// <summary>The most tokens the briefing may have; <see langword="null"/> for no limit.</summary>
    public int? TokenBudget => Mine._tokenBudget;

    /// <summary>The worker's conversation, empty at the start.</summary>
    public Conversation Conversation => Mine._conversation;

    internal WorkerSeal Seal { get; }

    /// <summary>As <see cref="Tokens"/>, for the library's own reports at any time.</summary>
    internal int MeasuredTokens { get; }

    /// <summary>For the checklist, which measures what a worker was given whoever holds it by then.</summary>
    internal (Conversation Conversation, string BriefingFile, int? TokenBudget) Measured =>
        (_conversation, _briefingFile, _tokenBudget);

    private WorkerContext Mine
    {
        get
        {
            Seal.DemandOnceBegun();
            return this;
        }
    }
}
