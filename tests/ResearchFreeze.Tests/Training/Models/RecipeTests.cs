using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>That models are trained as the committed search found, and that the search's own files say so.</summary>
public sealed partial class RecipeTests
{
    [Theory]
    [InlineData("cnn", "schedule-cnn")]
    [InlineData("mlp:784,256,256,256,10", "mlp")]
    [InlineData("resnet:8", "lengths-resnet8")]
    [InlineData("resnet:20", "resnet20")]
    public void AModelsDefaultsAreTheCommittedSearchs(string model, string file)
    {
        string last = File.ReadLines(Path.Combine(Results(), $"{file}.txt")).Last(line => line.Length > 0);
        GroupCollection found = Chosen().Match(last).Groups;
        RunSettings settings = RunSettings.For(model);
        Assert.Equal(
            (model, found["rate"].Value, found["schedule"].Value, found["optimizer"].Value, found["batch"].Value, found["epochs"].Value),
            (settings.Model, Text(settings.LearningRate), settings.Schedule, settings.Optimizer, Text(settings.BatchSize), Text(settings.Epochs)));

        // The shortest run that is within 0.3 points of the best one, among those that differ in length alone.
        string[][] rows = [.. File.ReadLines(Path.Combine(Results(), $"{file}.csv")).Skip(1).Select(line => Fields().Matches(line).Select(field => field.Value.Trim('"')).ToArray())];
        (int Epochs, double Accuracy)[] lengths = [.. rows
            .Where(row => (row[2], row[3], row[4], row[5]) == (found["rate"].Value, found["schedule"].Value, found["optimizer"].Value, found["batch"].Value))
            .GroupBy(row => int.Parse(row[6], CultureInfo.InvariantCulture)).Select(runs => (runs.Key, runs.Average(row => double.Parse(row[8], CultureInfo.InvariantCulture)))).OrderBy(run => run.Key)];
        Assert.True(lengths.Length >= 5);
        double most = lengths.Max(run => run.Accuracy);
        Assert.Equal(settings.Epochs, lengths.First(run => run.Accuracy >= most - 0.003 - 1e-9).Epochs);
    }

    [Fact]
    public void TheDefaultSettingsAreTheDefaultModels() => Assert.Equal(RunSettings.For(new RunSettings().Model), new RunSettings());

    /// <summary>Twenty seeds of full training: the median, and none far below it. Made by scripts/recipes.sh seeds.</summary>
    [Fact]
    public void NoSeedOfTheDefaultRecipeCollapses()
    {
        double[] accuracies = [.. File.ReadLines(Path.Combine(Results(), "seeds-cnn.csv")).Skip(1).Select(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture)).Order()];
        Assert.Equal(20, accuracies.Length);
        double median = (accuracies[9] + accuracies[10]) / 2;
        Assert.InRange(median, 0.865, 1);
        Assert.InRange(accuracies[0], median - 0.02, median);
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"lr (?<rate>[\d.]+), (?<schedule>[^,]+), (?<optimizer>sgd:\S+), batch (?<batch>\d+), (?<epochs>\d+) epochs: validation")]
    private static partial Regex Chosen();

    [GeneratedRegex("\"[^\"]*\"|[^,]+")]
    private static partial Regex Fields();

    private static string Results([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "..", "..", "benchmarks", "results", "recipes"));
}
