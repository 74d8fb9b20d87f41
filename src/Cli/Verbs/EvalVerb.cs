using System.CommandLine;
using System.Globalization;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze eval</c>: a run's metrics on other data.</summary>
internal static class EvalVerb
{
    private const int Labels = 14;

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter error)
    {
        var input = new RunInput(catalogues);
        var metrics = new Option<string?>("--metrics") { HelpName = "SPECS", Description = "What is measured, joined by ',' [the task's metrics, and the data's]" };
        metrics.CompletionSources.Add([.. catalogues.Metrics.Names]);
        Verb command = new Verb("eval", "Measures a trained model on labelled data, normalised as its training data were.")
            .With("Model and data", input.Weights, input.Data, input.Part)
            .With("What is measured", metrics)
            .With("Device", input.Device, input.Threads, input.Precision)
            .Example("eval runs/a --weights best", "the best weights on the run's own test data")
            .Example("eval runs/a --data idx:FOLDER --metrics loss,accuracy,ece", "other data, and calibration");
        command.Add(input.Run);
        command.SetAction(parsed =>
        {
            IReadOnlyList<IMetric> named = parsed.GetValue(metrics) is { } names ? MetricCatalogue.Parse(names, catalogues.Metrics) : [];
            if (named.FirstOrDefault(metric => metric.IsTable) is { } table) throw new ArgumentException($"--metrics: {table.Name} is a table, which eval does not print; train writes it as a file.");
            return input.OnDevice(parsed, error, device =>
            {
                using TrainedModel run = input.Open(parsed, catalogues, device);
                Data.DataSplits splits = RunInput.Splits(catalogues, parsed.GetValue(input.Data) ?? run.Settings.Data, run);
                Data.HostDataSet data = input.PartOf(parsed, splits);
                // The task's own: another task's loss would be called the same.
                IReadOnlyList<IMetric> asked = named.Count == 0 ? [.. run.Task.Metrics, .. MetricCatalogue.OfData(splits, run.Task)] : [.. named.Select(metric => run.Task.Metrics.FirstOrDefault(own => own.Name == metric.Name) ?? metric)];
                MetricValue[] found = run.Evaluate(data, asked);
                Line("data", $"{data.Name}, {parsed.GetValue(input.Part)}: {data.Count} samples");
                for (int i = 0; i < found.Length; i++) Line(asked[i].Name, double.IsNaN(found[i].Scalar) ? "not measured" : found[i].Scalar.ToString("G6", CultureInfo.InvariantCulture));
                return 0;
            });
        });
        return command;

        void Line(string label, string text)
        {
            int width = console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue;
            foreach (string line in WordWrap.Lines($"{label.PadRight(Labels)} ", text, width, Labels + 1)) console.WriteLine(line);
        }
    }
}
