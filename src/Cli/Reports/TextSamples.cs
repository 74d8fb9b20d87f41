using System.Globalization;
using ResearchFreeze.Data;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What a model of next tokens makes of some beginnings, at the end of its run: three places of the test data, a few tokens of each, and what the model goes on with.</summary>
internal static class TextSamples
{
    private const int Labels = 14, Most = 3, Given = 8, Added = 32;
    private const double Temperature = 0.8;

    // Bytes to a token of words: as much text of both.
    private const int BytesOfToken = 4;

    /// <summary>Prints them; nothing where the run learns something else, or what made its tokens is not known.</summary>
    public static void Print(IAnsiConsole console, RunParts parts)
    {
        HostDataSet test = parts.Data.Test.Host;
        if (parts.Task is not NextToken || test.Tokenizer is not { } tokenizer) return;
        int window = test.SampleSize, scale = tokenizer is ByteVocabulary ? BytesOfToken : 1;
        var generator = new TextGenerator(parts.Model, parts.Forward, tokenizer, window);
        var options = new GenerationOptions { Tokens = Added * scale, Temperature = Temperature, Seed = parts.Settings.Seed };
        Line("text samples", string.Create(CultureInfo.InvariantCulture, $"test data | {options.Tokens} tokens by the last weights, temperature {Temperature}, seed {options.Seed}; the model sees the last {window} tokens"));
        foreach ((int sample, int place) in Enumerable.Range(0, Math.Min(Most, test.Count)).Select(i => i * test.Count / Most).Distinct().Index())
        {
            ReadOnlySpan<int> text = test.TokensOf(place);
            int[] given = text[..Math.Min(text.Length, Math.Min(Given * scale, Math.Max(1, window / 2)))].ToArray();
            Line($"sample {sample + 1}", $"{Shown(tokenizer.Decode(given))} | {Shown(generator.Continue(given, options, sample).Text)}");
        }

        void Line(string label, string text)
        {
            int width = console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue;
            foreach (string line in WordWrap.Lines($"{label.PadRight(Labels)} ", text, width, Labels + 1)) console.WriteLine(line);
        }
    }

    /// <summary>On one line, and without what a terminal would obey.</summary>
    internal static string Shown(string text) => string.Concat(text.ReplaceLineEndings("\\n").Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
