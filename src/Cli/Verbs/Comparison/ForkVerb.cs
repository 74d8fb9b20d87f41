using System.CommandLine;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze fork</c>: a finished run with one decision made differently.</summary>
internal static class ForkVerb
{
    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter error)
    {
        var run = new Argument<string>("run") { HelpName = "RUN", Description = "The folder of a finished run" };
        var step = new Option<int>("--step") { HelpName = "N", Description = "The steps taken when the decision is made", Required = true };
        Option<string?> keep = TrainingOptions.Optional("--keep", "UNIT", "A unit that the run freezes at that step or later, and that trains to the end instead");
        Option<string?> freeze = TrainingOptions.Optional("--freeze", "UNIT", "A unit that is frozen at that step, and no other");
        var prefix = new Option<int?>("--freeze-prefix") { HelpName = "K", Description = "In place of a unit: the first K units are frozen at that step" };
        Option<string?> folder = TrainingOptions.Optional("--out", "FOLDER", "The fork's run folder, which must not be there yet [RUN-fork-N-CHANGE]");
        Option<string?> every = TrainingOptions.Optional("--checkpoint-every", "N|Ns", "When all is written that train --resume needs, as for train [as the run, but for steps of its own]");
        Option<string?> kept = TrainingOptions.Optional("--keep-checkpoints", "N", "How many of the newest checkpoints are kept: a number, or all [as the run]");
        Verb command = new Verb("fork", "Repeats a run up to a step, makes one decision differently and all others as they were, and trains to the end: what did that one freeze cost, and what did it save? It begins with the run's last checkpoint before the step, or from the start.")
            .With("What is different", step, keep, freeze, prefix)
            .With("Output", folder, every, kept)
            .Example("fork runs/a --step 120 --keep conv1", "what if conv1 had not been frozen?")
            .Example("fork runs/a --step 80 --freeze conv1", "what if it had been frozen after 80 steps?");
        command.Add(run);
        command.SetAction(parsed =>
        {
            string from = parsed.GetValue(run)!;
            Option[] changes = [keep, freeze, prefix];
            if (changes.Count(parsed.IsGiven) != 1) throw new ArgumentException("freeze fork needs one of --keep UNIT, --freeze UNIT and --freeze-prefix K.");
            int at = parsed.GetValue(step);
            if (at < 0) throw new ArgumentException($"--step must be 0 or more, found {at}.");
            Fork fork = parsed.GetValue(keep) is { } trains ? Fork.Keep(at, trains) : parsed.GetValue(freeze) is { } unit ? Fork.Freeze(at, unit) : Fork.FreezePrefix(at, parsed.GetValue(prefix)!.Value);
            string place = parsed.GetValue(folder) ?? ForkedRun.FolderOf(from, fork);
            if (string.IsNullOrWhiteSpace(place)) throw new ArgumentException("--out needs a folder's name.");
            ForkedRun.CheckFree(place);
            var forked = ForkedRun.Of(from, fork, Warn);
            forked = forked.WithCheckpoints(parsed.GetValue(every) ?? forked.Settings.CheckpointEvery, parsed.GetValue(kept) ?? forked.Settings.KeepCheckpoints);
            return OnDevice.Run(forked.Settings, error, opened =>
            {
                using RunParts parts = RunParts.Resolve(forked.Resolved, catalogues, opened);
                opened.Counters.Rates = MachineBenchmark.Measure(opened);
                // Everything that can be wrong with the fork is found before its folder is made.
                Trainer.CheckPolicy(parts);
                forked.Begin(place);
                console.WriteLine($"fork of {from}: {ForkReport.Words(fork)}; {(forked.HasCheckpoint ? $"begins with its checkpoint of step {forked.StartsAfter}" : $"begins from the start, since the run kept no checkpoint before {(ForkedRun.NeedsEmptyCache(forked.Settings) ? "its cache was filled" : "that")}")}");
                using var resumed = ResumedRun.Open(place, Warn);
                if (resumed.Difference(opened) is { } difference) error.WriteLine($"warning: the fork is made elsewhere than its run, so that it differs from it in its last bits from the start: {difference}");
                using RunLog log = resumed.OpenLog(parts);
                int code = TrainVerb.Train(parts, log, CheckpointPlan.Parse(forked.Settings.CheckpointEvery, forked.Settings.KeepCheckpoints), resumed, console, error);
                if (code == 0) ForkReport.Print(console, fork, forked.Summary, RunFolder.ReadSummary(place));
                return code;
            });
        });
        return command;

        void Warn(string message) => error.WriteLine($"warning: {message}");
    }
}
