"""Shapes of the API. Read from the services' own values."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.api.serializers import BookRowSerializer
from rag.answers.services import DEFAULT_PASSAGES, LONGEST_QUESTION, MOST_PASSAGES
from rag.retrieval.services import DEFAULT_HITS, MOST_BOOKS, MOST_HITS


class QuestionField(serializers.CharField):
    """Text, and nothing that only could be made into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class PrintedPageField(serializers.CharField):
    """What is printed on the pages of something, of which its source is ``printed``."""

    def __init__(self, **options: Any) -> None:
        sentence = "The number printed there, such as `iv` or `101–102`; empty where the file has none."
        super().__init__(source="printed", help_text=sentence, **options)


class QuestionSerializer(serializers.Serializer[Any]):
    question = QuestionField(max_length=LONGEST_QUESTION)
    num_chunks = serializers.IntegerField(
        min_value=1, max_value=MOST_PASSAGES, default=DEFAULT_PASSAGES, help_text="From how many passages to answer."
    )


class SearchSerializer(serializers.Serializer[Any]):
    question = QuestionField(max_length=LONGEST_QUESTION)
    k = serializers.IntegerField(
        min_value=1, max_value=MOST_HITS, default=DEFAULT_HITS, help_text="How many passages and records."
    )
    books = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=MOST_BOOKS,
        allow_empty=False,
        required=False,
        help_text="Ids of books: these alone are searched.",
    )


class FoundPassageSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField(source="passage.first_page", help_text="1-based, as in the PDF.")
    last_page = serializers.IntegerField(source="passage.last_page", help_text="Where the passage ends.")
    printed_page = PrintedPageField()
    text = serializers.CharField(source="passage.text")
    score = serializers.FloatField(help_text="Cosine of the passage and the question; 0 where `by_meaning` is false.")
    place = serializers.IntegerField(source="standing.place", help_text="Among all that was found, 1 the best.")


class FoundBookSerializer(serializers.Serializer[Any]):
    book = BookRowSerializer()
    place = serializers.IntegerField(help_text="Of the best that was found in it, among all that was found.")
    by_record = serializers.BooleanField(help_text="Its record answers to the question, too, or alone.")
    passages = FoundPassageSerializer(many=True)


class SearchResultSerializer(serializers.Serializer[Any]):
    by_meaning = serializers.BooleanField(
        help_text="False: words alone were searched, for nobody could say what the question means. Not for long."
    )
    results = FoundBookSerializer(many=True, source="books")


class SourceSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="As in the brackets of the answer.")
    book = serializers.IntegerField(help_text="The book's id.")
    page = serializers.IntegerField(help_text="1-based, as in the PDF.")
    last_page = serializers.IntegerField(
        help_text="Where the quote ends: another page where it runs over the end of one."
    )
    printed_page = PrintedPageField()
    quote = serializers.CharField(help_text="Verbatim text of the page, white space folded.")
    answering = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Stretches of the quote that answer themselves, each by its first letter and the one behind it.",
    )
    score = serializers.FloatField(help_text="Cosine of the quote and the question.")
    url = serializers.CharField(help_text="The stored text of the page with the quotation marked.")


class WordPassageSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField(help_text="1-based, as in the PDF.")
    last_page = serializers.IntegerField(help_text="Where the passage ends.")
    printed_page = PrintedPageField()
    text = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    answer = serializers.CharField()
    supported = serializers.BooleanField(help_text="False: the book does not say; there are no sources then.")
    writer = serializers.CharField(help_text="`extractive`: sentences of the book, word for word.")
    conversation = serializers.CharField(allow_null=True)
    sources = SourceSerializer(many=True)
    cached = serializers.BooleanField()
    by_meaning = serializers.BooleanField(
        help_text="False: nobody can say just now what the question means. `passages` have its words, no more."
    )
    passages = WordPassageSerializer(many=True, help_text="Only where `by_meaning` is false.")


class IndexSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=["none", "indexing", "ready", "failed"])
    pages = serializers.IntegerField()
    passages = serializers.IntegerField()
    model = serializers.CharField()
    error = serializers.CharField(help_text="Why the newest file could not be read, if so.")
    job = serializers.UUIDField(allow_null=True, help_text="A build under way.")
    note = serializers.CharField(help_text="What was unusual about the file, in sentences.")
    languages = serializers.ListField(
        child=serializers.CharField(), help_text="Of its passages, two letters each, the most frequent first."
    )
    stale = serializers.BooleanField(
        help_text="It was made from another file, by another model or in another way than it would be now."
    )
    waiting = serializers.BooleanField(
        help_text="A new index is ready, and answers as soon as those of all books are: another model takes over."
    )


class ReindexSerializer(serializers.Serializer[Any]):
    job = serializers.UUIDField(help_text="See `GET jobs/{id}/`.")
