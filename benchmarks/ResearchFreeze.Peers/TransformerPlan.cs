using System.Text.Json;
using ResearchFreeze.Training;

namespace ResearchFreeze.Peers;

/// <summary>What a transformer of theirs is like: of token ids, or of images where there is a patch.</summary>
internal sealed record TransformerPlan(int Width, int Layers, int Heads, int Inner, int Outputs)
{
    public int Vocabulary { get; init; }

    /// <summary>Rows of the table of places.</summary>
    public int Places { get; init; }

    public int Segments { get; init; }

    public bool HasEmbeddingNorm { get; init; }

    public bool IsPreNorm { get; init; } = true;

    public bool IsCausal { get; init; }

    public bool IsPacked { get; init; }

    /// <summary>GELU by tanh, as GPT-2 has it.</summary>
    public bool IsTanhGelu { get; init; }

    public Pooling Pooling { get; init; } = Pooling.Mean;

    public bool HasPooler { get; init; }

    /// <summary>Whether the outputs are scores of the token table's rows.</summary>
    public bool IsTied { get; init; }

    /// <summary>Of the norms; ResearchFreeze takes it as float32.</summary>
    public double Epsilon { get; init; } = 1e-5f;

    /// <summary>Pixels of a patch's side; 0: inputs are token ids.</summary>
    public int Patch { get; init; }

    public int Channels { get; init; }

    /// <summary>Whether this is the size of all-MiniLM-L6-v2.</summary>
    public bool IsMiniLm => this is { Width: 384, Layers: 6, Heads: 12, HasEmbeddingNorm: true };

    /// <summary>Whether a model as written is of token ids.</summary>
    public static bool IsPlan(string model) => model.StartsWith("transformer:", StringComparison.Ordinal) || model.StartsWith("bert:", StringComparison.Ordinal);

    /// <summary>A model as results name it: without the place of a folder on this machine.</summary>
    public static string NameOf(string model) => model.StartsWith("bert:", StringComparison.Ordinal) ? $"bert:{Path.GetFileName(Path.TrimEndingDirectorySeparator(model[5..]))}" : model;

    /// <summary>A classifier of ten classes by the mean of its places, as <c>freeze bench</c> builds it, and the tokens of a sample: <c>transformer:width,layers,heads,tokens[,vocabulary]</c>, or <c>bert:FOLDER</c> of Hugging Face.</summary>
    public static (TransformerPlan Plan, int Length) Parse(string model)
    {
        string text = model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (model.StartsWith("bert:", StringComparison.Ordinal)) return OfFolder(text);
        int[] numbers = [.. text.Split(',').Select(part => int.TryParse(part, out int number) && number > 0 ? number : throw new ArgumentException($"model '{model}': '{part}' is no positive number."))];
        if (numbers.Length is not (4 or 5)) throw new ArgumentException($"model '{model}' needs width, layers, heads, tokens and perhaps a vocabulary.");
        return (new TransformerPlan(numbers[0], numbers[1], numbers[2], 4 * numbers[0], 10) { Vocabulary = numbers.Length > 4 ? numbers[4] : 1000, Places = numbers[3], IsPacked = true }, numbers[3]);
    }

    private static (TransformerPlan Plan, int Length) OfFolder(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        if (!File.Exists(path)) throw new ArgumentException($"model 'bert:{folder}': there is no '{path}'; scripts/get-minilm.sh makes such a folder.");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement config = document.RootElement;
        if (config.GetProperty("model_type").GetString() != "bert" || config.GetProperty("hidden_act").GetString() != "gelu") throw new ArgumentException($"'{path}' is no BERT with GELU.");
        int places = Count("max_position_embeddings");
        return (new TransformerPlan(Count("hidden_size"), Count("num_hidden_layers"), Count("num_attention_heads"), Count("intermediate_size"), 10)
        {
            Vocabulary = Count("vocab_size"),
            Places = places,
            Segments = Count("type_vocab_size"),
            HasEmbeddingNorm = true,
            IsPreNorm = false,
            Epsilon = config.GetProperty("layer_norm_eps").GetDouble(),
        }, Math.Min(64, places));

        int Count(string name) => config.GetProperty(name).GetInt32();
    }
}
