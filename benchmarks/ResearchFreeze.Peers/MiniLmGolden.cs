using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ResearchFreeze.Data;

namespace ResearchFreeze.Peers;

/// <summary>
/// What ONNX Runtime makes of 200 texts with all-MiniLM-L6-v2: token ids, hidden states of the first and the last place, and the mean over a text's own places. Texts are sentences of this project's documentation, the longest
/// ones of several; one has a single token between its marks, one is as long as the model takes.
/// </summary>
internal static class MiniLmGolden
{
    private const int Texts = 200, Longest = 512, Width = 384;

    public static void Write(string onnx, string folder, string docs, string path)
    {
        ITokenizer tokenizer = TextTokenizers.Open(folder);
        string[] sentences = [.. Directory.GetFiles(docs, "*.md").Order(StringComparer.Ordinal).SelectMany(file => File.ReadAllText(file).ReplaceLineEndings(" ").Split(". ")).Select(sentence => sentence.Trim()).Where(sentence => sentence.Length is > 20 and < 2000)];
        using var session = new InferenceSession(onnx);
        var ids = new List<int>();
        var lengths = new int[Texts];
        var states = new List<float>();
        var means = new List<float>();
        for (int text = 0; text < Texts; text++)
        {
            // From one sentence to ever more of them, and one word at first.
            string words = text == 0 ? "frozen" : string.Join(". ", Enumerable.Range(0, 1 + (text / 12)).Select(i => sentences[((text * 7) + i) % sentences.Length]));
            int[] tokens = [.. tokenizer.Frame.Before, .. tokenizer.Encode(words).Take(Longest - tokenizer.Frame.OfOne), .. tokenizer.Frame.After];
            lengths[text] = tokens.Length;
            ids.AddRange(tokens);
            DenseTensor<long> input = Row(Array.ConvertAll(tokens, id => (long)id));
            DenseTensor<long> ones = Row([.. Enumerable.Repeat(1L, tokens.Length)]), zeros = Row(new long[tokens.Length]);
            NamedOnnxValue[] inputs = [.. session.InputMetadata.Keys.Select(name => NamedOnnxValue.CreateFromTensor(name, name.Contains("mask", StringComparison.Ordinal) ? ones : name.Contains("type", StringComparison.Ordinal) ? zeros : input))];
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(inputs);
            float[] rows = [.. results[0].AsEnumerable<float>()];
            foreach (int place in (int[])[0, tokens.Length - 1]) states.AddRange(rows.AsSpan(place * Width, Width));
            for (int c = 0; c < Width; c++) means.Add((float)Enumerable.Range(0, tokens.Length).Average(place => (double)rows[(place * Width) + c]));
        }
        var file = new TensorFile();
        file.AddLabels("ids", ids.ToArray(), ids.Count);
        file.AddLabels("lengths", lengths, Texts);
        file.AddFloats("states", states.ToArray(), Texts, 2, Width);
        file.AddFloats("means", means.ToArray(), Texts, Width);
        file.Write(path, new JsonObject { ["texts"] = Texts, ["model"] = "sentence-transformers/all-MiniLM-L6-v2", ["runtime"] = $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}" });
        Console.WriteLine($"{path}: {Texts} texts of {lengths.Min()} to {lengths.Max()} tokens");
    }

    private static DenseTensor<long> Row(long[] values) => new(values, new ReadOnlySpan<int>([1, values.Length]));
}
