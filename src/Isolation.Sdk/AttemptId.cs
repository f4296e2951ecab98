using System.Globalization;
using System.Text.Json.Serialization;
using Isolation.Sdk.IO;

namespace Isolation.Sdk;

/// <summary>
/// One try at a work item: the one identity in logs, refs, folders and status, printed <c>auth-123.2</c>.
/// </summary>
/// <param name="Item">The work item's id, as its owner spells it. A raw id never reaches a path or a ref.</param>
/// <param name="Number">
/// 1 for the first try. Issued by creating the attempt's ref, so it is the fencing token too: an older attempt's late
/// write is refused.
/// </param>
public readonly record struct AttemptId(string Item, int Number)
{
    /// <summary>
    /// The ref that issues the attempt and later pins what it made: <c>refs/isolation/attempts/auth-123/2</c>.
    /// </summary>
    [JsonIgnore]
    public string RefName => AttemptNames.RefName(this);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Item}.{Number}");

    /// <summary>Reads the printed form.</summary>
    /// <param name="text">For example <c>auth-123.2</c>.</param>
    /// <param name="attempt">The attempt.</param>
    /// <returns>Whether <paramref name="text"/> has that form.</returns>
    public static bool TryParse(string? text, out AttemptId attempt)
    {
        attempt = default;
        int dot = text?.LastIndexOf('.') ?? -1;
        if (
            dot <= 0
            || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || number < 1
        )
        {
            return false;
        }

        attempt = new AttemptId(text![..dot], number);
        return true;
    }
}
