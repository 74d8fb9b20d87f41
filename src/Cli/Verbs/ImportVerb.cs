using System.CommandLine;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze import</c>: an exported network as a folder of Hugging Face.</summary>
internal static class ImportVerb
{
    public static Command Create(IAnsiConsole console)
    {
        var file = new Argument<string>("file") { HelpName = "FILE", Description = "The ONNX file" };
        var kind = new Option<string>("--as") { HelpName = "bert", Description = "What it is", Required = true };
        kind.AcceptOnlyFromAmong("bert");
        var heads = new Option<int>("--heads") { HelpName = "N", Description = "Its attention heads, which no weight's shape tells", Required = true };
        var to = new Option<string>("--out") { HelpName = "FOLDER", Description = "Where config.json and model.safetensors go", Required = true };
        Verb command = new Verb("import", "Makes a model's folder of the weights of an exported network: what 'freeze train --model bert:FOLDER' starts from.")
            .With("Options", kind, heads, to)
            .Example("import model.onnx --as bert --heads 12 --out minilm", "a BERT that was exported to ONNX");
        command.Add(file);
        command.SetAction(parsed =>
        {
            console.WriteLine(BertOnnx.Import(parsed.GetValue(file)!, parsed.GetValue(to)!, parsed.GetValue(heads)));
            console.WriteLine("its vocabulary (vocab.txt) is to be put beside them");
            return 0;
        });
        return command;
    }
}
