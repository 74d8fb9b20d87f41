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
        var run = new Argument<string>("run") { HelpName = "RUN", Description = "The run folder, or its decisions.jsonl" };
        var step = new Option<int?>("--step") { HelpName = "N", Description = "What each unit did after this many steps, and why" };
        Verb command = new Verb("explain", "Says in words what was frozen and thawed in a run, when and why.")
            .With("Options", step)
            .Example("explain runs/a --step 300", "what each unit of a run did after 300 steps");
        command.Add(run);
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(run)!;
            DecisionRecord record = DecisionRecord.Read(Directory.Exists(path) ? Path.Combine(path, "decisions.jsonl") : path);
            console.WriteLine(parsed.GetValue(step) is { } asked ? Explanation.Of(record, asked) : Explanation.Of(record));
            // A log alone has no times, nor has a run that is under way or was killed.
            if (parsed.GetValue(step) is null && Directory.Exists(path) && File.Exists(Path.Combine(path, "summary.json")) && Explanation.Of(RunFolder.ReadSummary(path).StepTimes) is { Length: > 0 } times)
            {
                console.WriteLine();
                console.WriteLine(times);
            }
            return 0;
        });
        return command;
    }
}
