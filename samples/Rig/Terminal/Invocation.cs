using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Isolation.Sdk;

namespace Rig.Terminal;

/// <summary>Runs a command line: signals become cancellation, faults become a line and an exit code.</summary>
internal static class Invocation
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        Errors errors = new(
            Console.Error,
            Array.IndexOf(args, "--json") is var at and >= 0
                && (Array.IndexOf(args, "--") is var end && (end < 0 || at < end))
        );
        if (parsed.Action is ParseErrorAction)
        {
            errors.Write([
                .. parsed.Errors.Select(e => new IsolationFault(
                    RigCodes.CommandLine,
                    e.Message,
                    $"See: {Help(parsed)}"
                )),
            ]);
            return ExitCodes.Usage;
        }

        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = Catch(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = Catch(PosixSignal.SIGTERM, stop);
        using PosixSignalRegistration hangUp = Catch(PosixSignal.SIGHUP, stop);
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                stop.Token
            );
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (IsolationException e)
        {
            errors.Write(e is IsolationConfigurationException many ? many.Faults : [e.Fault]);
            return ExitCodes.Usage;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Write([new IsolationFault(RigCodes.InputOutput, e.Message, "Check the path and its permissions.")]);
            return ExitCodes.Usage;
        }
    }

    /// <summary>The first signal ends the work in an orderly way, the second one the process; <c>rig clean</c> then
    /// finds what is left.</summary>
    private static PosixSignalRegistration Catch(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });

    private static string Help(ParseResult parsed) => $"rig {Path(parsed.CommandResult)}--help";

    private static string Path(CommandResult result) =>
        result.Command is RootCommand
            ? ""
            : $"{(result.Parent is CommandResult parent ? Path(parent) : "")}{result.Command.Name} ";
}
