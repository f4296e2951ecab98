using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

internal sealed record QueueLayout(GitRepository Repository, string Target)
{
    private const string Heads = "refs/heads/";

    public string ShortTarget => Target.StartsWith(Heads, StringComparison.Ordinal) ? Target[Heads.Length..] : Target;

    public string QueueSlug { get; } =
        Slug.Of(Target.StartsWith(Heads, StringComparison.Ordinal) ? Target[Heads.Length..] : Target);

    public string ItemsPrefix => $"refs/isolation/mq/{QueueSlug}/items/";

    public string Pause => $"refs/isolation/mq/{QueueSlug}/pause";

    public string Lock => Under(".lock");

    public string Sequence => Under(".seq");

    public string ChangeFile => Under(".bell");

    public string ActivityFile => Under(".now");

    public string Checkout => Under(".checkout");

    public string GateKey => Under(".key");

    public string MergeFolder => Under(".merge");

    public string Item(AttemptId attempt) => $"{ItemsPrefix}{Slug.Of(attempt.Item)}/{attempt.Number}";

    private string Under(string suffix) => Path.Combine(Repository.IsolationDirectory, "queues", QueueSlug + suffix);
}
