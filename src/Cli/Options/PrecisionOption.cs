using System.CommandLine;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Cli;

/// <summary><c>--precision</c>, which every verb has that has <c>--device</c>.</summary>
internal static class PrecisionOption
{
    public static Option<string> Create(string otherwise = "float32")
    {
        var option = new Option<string>("--precision") { HelpName = "NAME", Description = "What products and convolutions round their operands to: float32, tf32 or bf16", DefaultValueFactory = _ => otherwise };
        option.CompletionSources.Add([.. Precisions.Names]);
        return option;
    }

    /// <summary>The precision that is asked for.</summary>
    /// <exception cref="ArgumentException">There is no such one.</exception>
    public static Precision Of(ParseResult parsed, Option<string> option) => Precisions.Parse(parsed.GetValue(option)!);
}
