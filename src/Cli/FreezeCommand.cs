using System.CommandLine;
using ResearchFreeze.Autograd;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>The <c>freeze</c> command. Exit codes: 0 done, 1 training failed, 2 bad input (one line on standard error), 130 cancelled.</summary>
public static class FreezeCommand
{
    /// <summary>Bad input.</summary>
    public const int BadInput = 2;

    private const int WideEnough = 400;

    /// <summary>Runs the command line on the process's console.</summary>
    public static int Run(string[] args)
    {
        // Where output is no terminal, Spectre assumes 80 columns and would break lines.
        if (!AnsiConsole.Console.Profile.Out.IsTerminal) AnsiConsole.Console.Profile.Width = WideEnough;
        return Run(args, AnsiConsole.Console, Console.Out, Console.Error);
    }

    internal static int Run(string[] args, IAnsiConsole console, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Trains neural networks and freezes the layers that have stopped learning.")
        {
            TrainVerb.Create(console, error),
            BenchVerb.Create(console, output),
            DevicesVerb.Create(console),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            error.WriteLine($"error: {OneLine(parsed.Errors[0].Message)}");
            return BadInput;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = error, ProcessTerminationTimeout = null });
        }
        catch (Exception exception) when (IsInput(exception))
        {
            error.WriteLine($"error: {OneLine(exception.Message)}");
            return BadInput;
        }
    }

    /// <summary>What a user can mend by giving other input. Anything else is a fault of ours and keeps its stack trace.</summary>
    private static bool IsInput(Exception exception) =>
        exception is ArgumentException or IOException or UnauthorizedAccessException or FormatException or DeviceUnavailableException;

    private static string OneLine(string message) => string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
