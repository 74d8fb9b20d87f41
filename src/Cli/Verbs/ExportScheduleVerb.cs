using System.CommandLine;
using System.Text;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze export-schedule</c>: a run's decisions as a program for PyTorch.</summary>
internal static class ExportScheduleVerb
{
    private const string Torch = "torch", Default = "schedule.py";

    public static Command Create(TextWriter output, TextWriter error)
    {
        var run = new Argument<string>("run") { HelpName = "RUN", Description = "The run folder, or its decisions.jsonl" };
        var to = new Option<string>("--to") { HelpName = Torch, Description = "For what it is written", Required = true };
        to.AcceptOnlyFromAmong(Torch);
        var place = new Option<string>("--out") { HelpName = "FILE", Description = "The file", DefaultValueFactory = _ => Default };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces the file that is there" };
        Verb command = new Verb("export-schedule", "Writes what was frozen and thawed in a run, and when, as a PyTorch file that does the same there at the same steps.")
            .With("Options", to, place, overwrite)
            .Example($"export-schedule runs/a --to {Torch}", $"{Default}, which needs PyTorch alone and says at its top how it is used");
        command.Add(run);
        command.SetAction(parsed =>
        {
            (string path, string file) = (parsed.GetValue(run)!, parsed.GetValue(place)!);
            DecisionRecord record = DecisionRecord.ReadRun(path, evenFailed: true);
            string program = TorchSchedule.Of(record);
            if (Directory.Exists(file)) throw new IOException($"'{file}' is a folder; give a file.");
            if (File.Exists(file) && !parsed.GetValue(overwrite)) throw new IOException($"'{file}' is there already; give another file, or --overwrite.");
            foreach (string left in TorchSchedule.NotRepeated(record)) error.WriteLine($"warning: {left}");
            AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(program)));
            output.WriteLine($"{file}: {Count(record, FreezeAction.Freeze, "freeze")} and {Count(record, FreezeAction.Thaw, "thaw")} of {record.Units.Count} units");
            return 0;
        });
        return command;
    }

    private static string Count(DecisionRecord record, FreezeAction action, string word) => record.Entries.Count(entry => entry.Action == action) is var count && count == 1 ? $"1 {word}" : $"{count} {word}s";
}
