using System.CommandLine;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze explain</c>: a run's decisions in words.</summary>
internal static class ExplainVerb
{
    public static Command Create(IAnsiConsole console)
    {
        var run = new Argument<string>("run") { Description = "The run folder, or its decisions.jsonl." };
        var step = new Option<int?>("--step") { Description = "What each unit did after this many steps, and why." };
        var command = new Command("explain", "Says in words what was frozen and thawed in a run, when and why.") { run, step };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(run)!;
            DecisionRecord record = DecisionRecord.Read(Directory.Exists(path) ? Path.Combine(path, "decisions.jsonl") : path);
            console.WriteLine(parsed.GetValue(step) is { } asked ? Explanation.Of(record, asked) : Explanation.Of(record));
            return 0;
        });
        return command;
    }
}
