using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Images;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>The <c>freeze</c> command. Exit codes: 0 done, 1 training failed, 2 bad input, 3 another process is making the run (<c>freeze sweep --run</c>), 130 cancelled. A failure is one line on standard error; <c>--trace</c> prints where it happened behind it.</summary>
public static class FreezeCommand
{
    /// <summary>Training failed.</summary>
    public const int Failed = 1;

    /// <summary>Bad input.</summary>
    public const int BadInput = 2;

    private const int WideEnough = 1 << 16;
    private const int NoTerminal = 80;
    internal const string Program = "freeze";
    private const string Trace = "--trace";

    /// <summary>Runs the command line on the process's console, with the built-in catalogues.</summary>
    public static int Run(string[] args) => FreezeApp.Run(args);

    internal static int Run(string[] args, IAnsiConsole console, TextWriter output, TextWriter error, Action<RunCatalogues>? configure = null, string program = Program, RollCall? call = null)
    {
        // Known before the arguments are read, since what is read may fail.
        bool traces = args.Contains(Trace);
        try
        {
            // One set of catalogues for all verbs.
            var catalogues = new RunCatalogues();
            ImageFolders.AddTo(catalogues.Data);
            configure?.Invoke(catalogues);
            return Run(args, catalogues, console, output, error, program, call);
        }
        catch (Exception exception) when (PartFailure.Of(exception) is { } failure)
        {
            return Report(exception, $"{failure}: {exception.GetType().Name}: {exception.Message}", Failed);
        }
        catch (NonFiniteException exception)
        {
            return Report(exception, exception.Message, Failed);
        }
        catch (Exception exception) when (IsInput(exception))
        {
            return Report(exception, MessageOf(exception), BadInput);
        }

        int Report(Exception exception, string message, int code)
        {
            error.WriteLine($"error: {OneLine(message)}");
            if (traces) error.WriteLine(exception);
            return code;
        }
    }

    private static int Run(string[] args, RunCatalogues catalogues, IAnsiConsole console, TextWriter output, TextWriter error, string program, RollCall? call = null)
    {
        int width = console.Profile.Out.IsTerminal ? console.Profile.Width : NoTerminal;
        // Where output is no terminal, Spectre assumes 80 columns and would break lines.
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = WideEnough;
        var root = new RootCommand("Trains neural networks and freezes the layers that have stopped learning.")
        {
            TrainVerb.Create(catalogues, console, error, call),
            CompareVerb.Create(catalogues, console, output, error, width),
            SweepVerb.Create(catalogues, line => Run([.. line], catalogues, console, output, error, program), output, error, width),
            ForkVerb.Create(catalogues, console, error),
            AtlasVerb.Create(catalogues, console, output, error),
            ReportVerb.Create(catalogues, console, output, width),
            BenchVerb.Create(catalogues, console, output, error),
            ValidateVerb.Create(catalogues, console, output, error),
            ExplainVerb.Create(console),
            ExportScheduleVerb.Create(output, error),
            PredictVerb.Create(catalogues, output, error),
            EvalVerb.Create(catalogues, console, error),
            RunsVerb.Create(console, output, error),
            ImportVerb.Create(console),
            PlotVerb.Create(catalogues, console, output),
            ListVerb.Create(catalogues, output, width),
            DevicesVerb.Create(console),
            DoctorVerb.Create(console, output, error),
            new Option<bool>(Trace) { Description = "Prints where a failure happened", Recursive = true, Hidden = true },
        };
        var help = new HelpPage(program, output, width);
        foreach (HelpOption option in root.Options.OfType<HelpOption>()) option.Action = help;
        if (args.Length == 0)
        {
            help.Write(root);
            return 0;
        }
        // No response files: a name that begins with @ is a name.
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpPage)
        {
            string message = OneLine(MainError(parsed).Message);
            error.WriteLine($"error: {(Suggestion.For(parsed) is { } near ? $"{message.TrimEnd('.')}; did you mean '{near}'?" : message)}");
            return BadInput;
        }
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = error, ProcessTerminationTimeout = null });
    }

    /// <summary>An option's own error says more than what it does to the words after it, and an unknown word more than the missing verb.</summary>
    private static ParseError MainError(ParseResult parsed) =>
        parsed.Errors.FirstOrDefault(found => found.SymbolResult is OptionResult)
        ?? parsed.Errors.FirstOrDefault(found => parsed.UnmatchedTokens.Any(token => found.Message.Contains($"'{token}'", StringComparison.Ordinal)))
        ?? parsed.Errors[0];

    /// <summary>The message without the name of our method's parameter, its own or that of what it reports.</summary>
    private static string MessageOf(Exception exception)
    {
        string? name = (exception as ArgumentException)?.ParamName ?? (exception.InnerException as ArgumentException)?.ParamName;
        string parameter = $" (Parameter '{name}')", message = exception.Message;
        return message.EndsWith(parameter, StringComparison.Ordinal) ? message[..^parameter.Length] : message;
    }

    /// <summary>What a user can mend by giving other input. Anything else is a fault of ours and keeps its stack trace.</summary>
    private static bool IsInput(Exception exception) =>
        exception is ArgumentException or IOException or UnauthorizedAccessException or FormatException or OutOfMemoryException or DeviceUnavailableException;

    private static string OneLine(string message) => string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
