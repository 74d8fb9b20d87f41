using System.CommandLine;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze compare</c>: runs methods and the controls that they have to be held against, with the same seeds.</summary>
internal static class CompareVerb
{
    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter output, TextWriter error, int width)
    {
        var options = new PlanOptions(catalogues, needsMethods: true);
        Option<string?> folder = TrainingOptions.Optional("--out", "FOLDER", "The comparison's folder: plan.json and runs");
        var missing = new Option<bool>("--only-missing") { Description = "Goes on with the comparison that is in the folder: what is done is kept, what was stopped goes on; more seeds and methods are added" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces the comparison that is in the folder" };
        var dry = new Option<bool>("--dry-run") { Description = "Prints the plan and how long it will take; writes and runs nothing" };
        Verb command = new Verb("compare", "Compares freezing methods with each other, and with what they have to beat: full training, and full training made shorter. The same seeds, data and recipe; every run is a run folder.")
            .With("What is compared", options.Compared)
            .With("Model and data", options.ModelAndData)
            .With("Training (each model has defaults of its own)", options.Training)
            .With("Running", [folder, options.Jobs, missing, overwrite, dry, .. options.Checkpoints])
            .Example("compare --methods adaptive,static:2 --seeds 0..9 --out study", "two methods and the controls, with ten seeds")
            .Example("report study", "what came of it");
        command.SetAction(parsed =>
        {
            parsed.Excludes(dry, "nothing is run", missing, overwrite);
            parsed.Excludes(overwrite, "all is run anew", missing);
            string? at = parsed.GetValue(folder);
            if (at is null && !parsed.GetValue(dry)) throw new ArgumentException("freeze compare needs --out FOLDER, or --dry-run.");
            if (at is not null && string.IsNullOrWhiteSpace(at)) throw new ArgumentException("--out needs a folder's name.");
            (ComparisonPlan Plan, ShortRun Measured, IReadOnlyList<string> Remarks) planned = options.Plan(parsed, options.JobsOf(parsed), at ?? "FOLDER", error);
            ComparePrint.Plan(console, output, planned.Plan, planned.Measured, planned.Remarks, parsed.GetValue(dry));
            if (parsed.GetValue(dry)) return 0;
            ComparisonFolder.Take(at!, planned.Plan, parsed.GetValue(missing), parsed.GetValue(overwrite));
            return Run(planned.Plan, at!, planned.Plan.Jobs, parsed.GetValue(overwrite), "comparison", output, width);
        });
        return command;
    }

    /// <summary>Makes a comparison's runs here, and says what to do next.</summary>
    internal static int Run(ComparisonPlan plan, string folder, int jobs, bool overwrites, string what, TextWriter output, int width)
    {
        int code = StopSignals.Watch((stop, kill) => new ComparisonRunner(plan with { Jobs = jobs }, folder, OwnProcess.Run, Say).Run(overwrites, stop, kill));
        output.WriteLine(code is 0 or FreezeCommand.Failed ? $"{what}: {folder}; what came of it: freeze report {TrainLine.Shell([folder])}" : $"{what}: {folder}; --only-missing goes on with it");
        return code;

        void Say(string line)
        {
            foreach (string part in WordWrap.Lines("", line, width, 4)) output.WriteLine(part);
        }
    }
}
