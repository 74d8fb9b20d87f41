using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using ResearchFreeze.Data;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary>What a model of next tokens goes on with, a line a text that was given: <c>freeze predict</c> of such a run.</summary>
internal static class Continuations
{
    /// <summary>Goes on with each text. What cannot be gone on with is found before a line is written.</summary>
    /// <param name="run">The run.</param>
    /// <param name="source">What messages call the texts.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="options">How.</param>
    /// <param name="warn">Is told where a beginning was forgotten.</param>
    /// <exception cref="DataFormatException">A text has no token.</exception>
    public static Continuation[] Of(TrainedModel run, string source, IReadOnlyList<string> texts, GenerationOptions options, Action<string> warn)
    {
        TextGenerator generator = run.Generator();
        int empty = texts.ToList().FindIndex(text => run.Tokenizer!.Encode(text).Length == 0);
        if (empty >= 0) throw new DataFormatException(source, "texts of at least one token", $"none at line {empty + 1}");
        Continuation[] found = [.. texts.Select((text, sample) => generator.Continue(text, options, sample))];
        int forgotten = found.Count(each => each.Forgotten > 0);
        if (forgotten > 0) warn($"{forgotten} of {found.Length} texts grew longer than the {run.Data.SampleShape[0]} tokens that the model sees: it went on without their beginning");
        return found;
    }

    /// <summary>Writes them as CSV, or a JSON object a line.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<Continuation> found, bool isCsv)
    {
        if (isCsv)
        {
            // Line ends that other tools of a pipe understand.
            using var csv = new CsvWriter(writer, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }, leaveOpen: true);
            csv.WriteField("sample");
            csv.WriteField("continuation");
            csv.NextRecord();
            foreach ((int sample, Continuation each) in found.Index())
            {
                csv.WriteField(sample);
                csv.WriteField(each.Text);
                csv.NextRecord();
            }
            return;
        }
        foreach ((int sample, Continuation each) in found.Index())
        {
            using var line = new MemoryStream();
            using (var json = new Utf8JsonWriter(line))
            {
                json.WriteStartObject();
                json.WriteNumber("sample", sample);
                json.WriteString("continuation", each.Text);
                json.WriteEndObject();
            }
            writer.Write(Encoding.UTF8.GetString(line.ToArray()));
            writer.Write('\n');
        }
    }
}
