namespace Quickstart;

/// <summary>What the caller asked for.</summary>
internal sealed record DemoOptions
{
    public const int Misused = 2;

    public const string Usage = """
        Runs four work items in parallel on a small repository that it makes in the temp folder, and proves what came of it.

          dotnet run --project samples/Quickstart [-- OPTIONS]

          --keep               keep the repository, the logs and the attempts, and say where they are
          --demo-fault FAULT   break one promise on purpose and end with 1: overlap, canonical or gate
          --help               this text
        """;

    public bool Keep { get; init; }

    public bool Help { get; init; }

    public DemoFault Fault { get; init; }

    /// <summary>The item to carry out, when this process is one of the workers.</summary>
    public string? Worker { get; init; }

    /// <returns><see langword="null"/> when the arguments make no sense.</returns>
    public static DemoOptions? Parse(IReadOnlyList<string> arguments)
    {
        DemoOptions options = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string? value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--keep":
                    options = options with { Keep = true };
                    break;
                case "--help" or "-h":
                    options = options with { Help = true };
                    break;
                case "--demo-fault" when value is "overlap" or "canonical" or "gate":
                    options = options with { Fault = Enum.Parse<DemoFault>(value, ignoreCase: true) };
                    i++;
                    break;
                case "--worker" when value is not null:
                    options = options with { Worker = value };
                    i++;
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}

/// <summary>What is broken on purpose, to show that the proof at the end can fail.</summary>
internal enum DemoFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One worker at a time, so that no two overlap.</summary>
    Overlap,

    /// <summary>A worker writes into the canonical checkout.</summary>
    Canonical,

    /// <summary>Work lands without having been tested.</summary>
    Gate,
}
