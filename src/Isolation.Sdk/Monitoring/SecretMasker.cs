namespace Isolation.Sdk.Monitoring;

/// <summary>Replaces secrets by <c>***</c> wherever they occur in a text. Thread-safe; secrets can only be added.</summary>
internal sealed class SecretMasker
{
    private const string Mask = "***";
    private const int ShortestLine = 8;
    private readonly Lock _gate = new();
    private volatile string[] _secrets = [];

    /// <summary>Masks a value from now on; of one with several lines (a private key) each longer line too, since output comes by lines.</summary>
    public void Add(string secret)
    {
        string[] lines = secret.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> forms = lines.Length > 1 ? lines.Where(l => l.Length >= ShortestLine).Prepend(secret) : lines.Prepend(secret);
        lock (_gate)
        {
            // Longest first: a secret that contains another one is masked whole.
            _secrets = [.. _secrets.Concat(forms).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];
        }
    }

    public string Apply(string text)
    {
        foreach (string secret in _secrets)
        {
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        }

        return text;
    }
}
