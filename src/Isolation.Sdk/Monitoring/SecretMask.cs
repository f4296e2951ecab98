using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Isolation.Sdk.Monitoring;

// Replaces secrets in any text, also as a URL or JSON would spell them.
internal sealed class SecretMask
{
    public const int MinLength = 4;

    private const int MinLineLength = 8;

    public const string Replacement = "***";

    private readonly string[] _texts;

    public SecretMask(IEnumerable<string> secrets)
    {
        // Longest first: a secret that begins with another one must go whole.
        _texts =
        [
            .. secrets
                .Where(s => s.Length >= MinLength)
                .SelectMany(Forms)
                .Distinct(StringComparer.Ordinal)
                .OrderByDescending(s => s.Length),
        ];
        Bytes = [.. _texts.Select(Encoding.UTF8.GetBytes).OrderByDescending(b => b.Length)];
        FirstBytes = SearchValues.Create([.. Bytes.Select(b => b[0]).Distinct()]);
    }

    public static SecretMask None { get; } = new([]);

    public IReadOnlyList<byte[]> Bytes { get; }

    public SearchValues<byte> FirstBytes { get; }

    public string Mask(string text)
    {
        foreach (string secret in _texts)
        {
            text = text.Replace(secret, Replacement, StringComparison.Ordinal);
        }

        return text;
    }

    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        yield return Uri.EscapeDataString(secret);
        yield return JsonEncodedText.Encode(secret).ToString();
        // Output comes by lines, and a private key is many.
        foreach (
            string line in secret
                .Split('\n', StringSplitOptions.TrimEntries)
                .Where(line => line.Length >= MinLineLength && line.Length < secret.Length)
        )
        {
            yield return line;
        }
    }
}
