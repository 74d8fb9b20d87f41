using System.CommandLine;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary><c>--graphs</c>: whether steady steps are recorded and repeated. It changes no result.</summary>
internal static class GraphsOption
{
    private static readonly string[] Names = ["auto", "on", "off"];

    public static Option<string> Create()
    {
        var option = new Option<string>("--graphs") { HelpName = "auto|on|off", Description = "On a GPU: records steady training steps and repeats them; off, to look for an error", DefaultValueFactory = _ => "auto" };
        option.CompletionSources.Add(Names);
        return option;
    }

    /// <exception cref="ArgumentException">It is none of the three.</exception>
    public static GraphUse Of(ParseResult parsed, Option<string> option) => parsed.GetValue(option) switch
    {
        "auto" => GraphUse.Auto,
        "on" => GraphUse.On,
        "off" => GraphUse.Off,
        var other => throw new ArgumentException($"--graphs is auto, on or off, found '{other}'."),
    };
}
